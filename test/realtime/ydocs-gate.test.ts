import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { EventsModel } from '#server/platform/streams.model.ts';
import type { DocAccess } from '#server/ydocs/ydocs.port.ts';
import { eventually } from '../support/client.ts';
import { startYDocs, typeInto, wordsIn, type YDocsHub } from '../support/ydocs-hub.ts';
import { planted } from '../support/ydocs-store.ts';
import { inside, nested, NOTHING, ofType, rejected, type Wire } from '../support/ydocs-wire.ts';

/*
 * Nothing of a text leaves to a line, and nothing is taken from it, before it was asked what its person may since
 * anybody's right last changed (security #33). No `recheck` comes in any of these: the line itself finds out.
 */

/** A document with three people in it, and whatever decides their rights in the test's hands. */
async function aRoom(wrap: (model: EventsModel) => EventsModel = (model) => model) {
  let version = 0;
  let questions = 0;
  const hub = await startYDocs({ rightsVersion: () => version, wrap });
  const id = await hub.aDoc();
  const rightOf = hub.rights.get.bind(hub.rights);
  hub.rights.get = (person) => {
    questions++;
    return rightOf(person);
  };
  const [wang, li, reader] = [
    await inside(hub, id, 'wang'),
    await inside(hub, id, 'li'),
    await inside(hub, id, 'reader'),
  ];
  for (const one of [wang, li, reader]) await one.barrier(); // whoever is answered has been asked about
  return {
    ...{ hub, id, wang, li, reader, questions: () => questions },
    /** As a post that ends does. */
    turn: (person: string, right?: DocAccess): void => {
      if (right === undefined) hub.rights.delete(person);
      else hub.rights.set(person, right);
      version++;
    },
    /** Answers about one person wait until the test lets them. */
    hold: (person: string): { asked: () => number; let: () => void } => {
      let asked = 0;
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      const before = hub.rights.get.bind(hub.rights);
      hub.rights.get = (who) => {
        if (who !== person) return before(who);
        asked++;
        const right = before(who); // as of now: what is said later is an old answer
        return released.then(() => right) as unknown as DocAccess; // access is awaited
      };
      return { asked: () => asked, let: release };
    },
  };
}

function say(wire: Wire & { mine: Uint8Array[] }, words: string): void {
  typeInto(wire.doc, words);
  wire.update(wire.mine.at(-1) ?? NOTHING);
}

/** Resolves when all that was sent has come in. */
async function reached({ socket }: Wire): Promise<void> {
  const heard = once(socket, 'pong');
  socket.ping();
  await heard;
}

const textOf = async (hub: YDocsHub, id: string): Promise<string> => (await hub.docs.read(id)).text;
const heard = ({ received }: Wire): string[] => received.map(({ type }) => type);

describe('whoever just lost their right', () => {
  it('is not answered with the text they ask for', async () => {
    const { turn, reader, li, hub, id } = await aRoom();
    turn('reader');
    const before = heard(reader);
    reader.step1();
    expect(await eventually(() => reader.closed())).toBe(4403);
    expect(heard(reader)).toEqual(before);
    say(li, '之后');
    await li.barrier();
    expect(await textOf(hub, id)).toBe('\n之后');
  });

  it('is not shown who is in the text, where they are or what they begin', async () => {
    const { turn, reader, li } = await aRoom();
    turn('reader');
    const before = heard(reader);
    li.awareness(li.doc.clientID, 1, { cursor: 1 });
    expect(await eventually(() => reader.closed())).toBe(4403);
    expect(heard(reader)).toEqual(before);
  });

  it('writes nothing any more, and is told so where they may still read', async () => {
    const { turn, wang, li, hub, id } = await aRoom();
    turn('wang', { role: 'read', state: 'in_review' });
    say(wang, '来晚了');
    await wang.barrier();
    expect(rejected(wang)).toEqual(['READ_ONLY']);
    turn('li');
    say(li, '也晚了');
    expect(await eventually(() => li.closed())).toBe(4403);
    expect(await textOf(hub, id)).toBe('');
    expect((await hub.log(id)).map(({ type }) => type)).toEqual(['created']);
  });

  it('shows no cursor any more', async () => {
    const { turn, wang, li } = await aRoom();
    turn('li');
    li.awareness(li.doc.clientID, 1, { cursor: 1 });
    expect(await eventually(() => li.closed())).toBe(4403);
    await wang.barrier();
    const seen = ofType(wang, 'awareness').flatMap(({ states }) => states.map(([client]) => client));
    expect(seen).not.toContain(li.doc.clientID);
  });
});

describe('while somebody is asked about', () => {
  it('others write on and see each other, and what was for them comes whole and in its order', async () => {
    const { turn, hold, reader, wang, li } = await aRoom();
    const question = hold('reader');
    turn('nobody');
    say(wang, '一');
    await eventually(() => question.asked() === 1);
    const before = heard(reader);
    await wang.barrier();
    await eventually(() => wordsIn(li.doc) === '|一');
    say(li, '二');
    await li.barrier();
    reader.step1();
    await eventually(() => wordsIn(wang.doc) === '|一|二');
    expect(heard(reader)).toEqual(before);
    question.let();
    await eventually(() => ofType(reader, 'step2').length === 2);
    expect(heard(reader).slice(before.length)).toEqual(['update', 'update', 'step2']);
    expect(wordsIn(reader.doc)).toBe('|一|二');
  });

  it('their edits wait in their order, and are said to be saved once they are', async () => {
    const { turn, hold, hub, id, wang, li } = await aRoom();
    const question = hold('wang');
    turn('nobody');
    say(wang, '一');
    say(wang, '二');
    const saved = wang.barrier();
    await eventually(() => question.asked() === 1);
    say(li, '先');
    await li.barrier();
    expect(await textOf(hub, id)).toBe('\n先');
    expect(ofType(wang, 'saved')).toHaveLength(1);
    question.let();
    await saved;
    expect(await textOf(hub, id)).toMatch(/一\n.*二/s);
    expect(await hub.docs.contributors(id)).toEqual(['li', 'wang']);
  });

  it('and the document is read again for somebody else’s edit, nothing of theirs is said to be saved too soon', async () => {
    const plant = planted();
    let letRead = (): void => undefined;
    const mayRead = new Promise<void>((resolve) => (letRead = resolve));
    const { turn, hold, wang, li, hub, id } = await aRoom((model) => {
      const { range, ...rest } = plant.wrap(model);
      return {
        ...rest,
        range: async (...asked) => {
          const rows = await range(...asked);
          if (plant.fault.loads === 2) await mayRead;
          return rows;
        },
      };
    });
    const question = hold('wang');
    turn('nobody');
    plant.hold();
    say(li, '先');
    await eventually(() => plant.fault.tried === 1);
    say(wang, '一');
    wang.send(Uint8Array.of(3)); // who is in the text: answered behind what else waits for their right
    await eventually(() => question.asked() === 1);
    li.update(nested(100, '太里面'));
    await reached(li);
    const saved = wang.barrier();
    await reached(wang);
    plant.release();
    await eventually(() => plant.fault.loads === 2);
    const before = ofType(wang, 'awareness').length;
    question.let();
    await eventually(() => ofType(wang, 'awareness').length > before);
    plant.hold();
    letRead();
    await eventually(() => plant.fault.tried === 2);
    await reached(wang);
    expect(ofType(wang, 'saved')).toHaveLength(1); // the one of before
    plant.release();
    await saved;
    expect((await textOf(hub, id)).split('\n').sort()).toEqual(['', '一', '先']);
  });

  it('a right that changes once more is asked for once more', async () => {
    const { turn, hold, reader, li } = await aRoom();
    const question = hold('reader');
    turn('nobody');
    const before = heard(reader);
    say(li, '之后');
    await eventually(() => question.asked() === 1);
    turn('reader'); // the answer under way is from before
    question.let();
    expect(await eventually(() => reader.closed())).toBe(4403);
    expect(heard(reader)).toEqual(before);
  });

  it('who leaves keeps what they sent, if it was still theirs to send', async () => {
    const { turn, hold, hub, id, wang } = await aRoom();
    const question = hold('wang');
    turn('nobody');
    say(wang, '走之前');
    await eventually(() => question.asked() === 1);
    wang.socket.close();
    await eventually(() => wang.closed());
    question.let();
    await eventually(async () => (await textOf(hub, id)) === '\n走之前');
  });

  it('a hub that stops takes what came before it did', async () => {
    const { turn, hold, hub, id, wang } = await aRoom();
    const question = hold('wang');
    turn('nobody');
    say(wang, '最后一句');
    await eventually(() => question.asked() === 1);
    const stopped = hub.stop();
    question.let();
    await stopped;
    const again = await startYDocs({ folder: hub.folder });
    expect(await textOf(again, id)).toBe('\n最后一句');
  });

  it('and nobody can say: their line is given up, and nobody else’s', async () => {
    const { turn, hub, reader, wang, li } = await aRoom();
    const rightOf = hub.rights.get.bind(hub.rights);
    hub.rights.get = (person) => {
      if (person === 'reader') throw new Error('the store is away');
      return rightOf(person);
    };
    turn('nobody');
    say(wang, '照写');
    expect(await eventually(() => reader.closed())).toBe(4503);
    await eventually(() => wordsIn(li.doc) === '|照写');
    expect(wordsIn(reader.doc)).toBe('');
  });
});

it('nobody is asked about again while no right changes, and once for each change, however much is written', async () => {
  const { turn, questions, wang, reader } = await aRoom();
  const before = questions();
  for (let i = 0; i < 20; i++) say(wang, `${i}`);
  await wang.barrier();
  await eventually(() => ofType(reader, 'update').length > 0);
  expect(questions()).toBe(before);
  turn('nobody');
  for (let i = 0; i < 20; i++) say(wang, `${i}`);
  await wang.barrier();
  await eventually(() => wordsIn(reader.doc).split('|').length === 41);
  expect(questions()).toBe(before + 3);
});
