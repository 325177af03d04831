import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '#shared/wire/error.ts';
import { canonicalText } from '#shared/responses/responses.text.ts';
import type { Desk, ResponseView } from '#shared/responses/responses.schema.ts';
import type { Text } from '#shared/responses/responses.events.ts';
import { markChanges } from '#client/responses/responses.changes.ts';
import { Responses, type ResponsesHub } from '#client/responses/responses.state.svelte.ts';
import type { Follower } from '#client/platform/follow.svelte.ts';

const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const text: Text = {
  headline: '金马街停水',
  blocks: [
    { type: 'heading', text: '已经知道的' },
    { type: 'paragraph', text: '612 户停水，没有人受伤。' },
  ],
};

async function hashOf(shown: Text): Promise<string> {
  const header = { code: 'R-00000-00000', n: 1, kind: 'statement' as const, correction: null };
  const bytes = new Uint8Array(
    await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonicalText(header, shown))),
  );
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const view = (more: Partial<ResponseView>): ResponseView => ({
  id: id(1),
  code: 'R-00000-00000',
  incident: id(2),
  kind: 'statement',
  title: '金马街停水',
  state: 'in_review',
  version: 2,
  exercise: false,
  n: 1,
  doc: id(3),
  contentHash: null,
  text,
  missing: [],
  contributors: [id(4)],
  approvals: [],
  factVersion: 1,
  correction: null,
  withdrawal: null,
  returned: null,
  blocked: null,
  planned: null,
  revisions: [],
  ...more,
});

const desk: Desk = {
  factVersion: 1,
  signedUntil: null,
  needed: { signatures: 1, upper: 0 },
  may: ['approve', 'publish'],
  isContributor: false,
  speaker: null,
  url: '/public/responses/R-00000-00000',
};

type Call = [name: string, input: Record<string, unknown>];

/** A hub whose answers the test gives; `refuse` is what the next command is refused with. */
function fakeHub(first: ResponseView) {
  const state = { view: first, refuse: undefined as AppError | undefined, others: [] as ResponseView[] };
  const calls: Call[] = [];
  const followers: Follower[] = [];
  const answer = (name: string): object => {
    if (name === 'responses:list') return { responses: [state.view, ...state.others], mayDraft: true };
    if (name === 'responses:view') return { response: state.view, desk };
    const { refuse } = state;
    state.refuse = undefined;
    if (refuse !== undefined) throw refuse;
    return { seq: 3, visible: true, url: desk.url };
  };
  const hub = {
    request: (name: string, input: Record<string, unknown>) => {
      calls.push([name, input]);
      return new Promise((resolve) => {
        resolve(answer(name));
      });
    },
    streams: {
      follow: (_stream: string, follower: Follower) => {
        followers.push(follower);
        return { close: () => undefined };
      },
    },
  } as unknown as ResponsesHub;
  const commands = (): Call[] => calls.filter(([name]) => !/:(list|view)$/.test(name));
  return { hub, state, commands, followers };
}

const open: Responses[] = [];
async function begin(first: ResponseView) {
  const fake = fakeHub(first);
  const responses = new Responses(fake.hub, id(2));
  open.push(responses);
  await responses.load();
  await vi.waitFor(() => {
    expect(responses.check).not.toBe('checking');
  });
  return { ...fake, responses };
}
afterEach(() => {
  for (const responses of open.splice(0)) responses.close();
});

describe('the hash on the screen', () => {
  it('is made from the words that are shown', async () => {
    const { responses } = await begin(view({ contentHash: await hashOf(text) }));
    expect(responses.check).toBe('same');
  });

  it('differs as soon as one character does, and then nothing is signed', async () => {
    const other = { ...text, headline: '金马街停电' };
    const { responses, commands } = await begin(view({ contentHash: await hashOf(other) }));
    expect(responses.check).toBe('different');
    expect(await responses.approve()).toBe(false);
    expect(commands()).toEqual([]);
  });

  it('is the server’s word where the page cannot compute one', async () => {
    const contentHash = await hashOf(text);
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    const { responses } = await begin(view({ contentHash }));
    expect(responses.check).toBe('server');
    vi.unstubAllGlobals();
  });
});

describe('a command', () => {
  it('names the version that is shown, and is sent though nobody waits for more than done', async () => {
    const { responses, commands } = await begin(view({ contentHash: await hashOf(text) }));
    expect(await responses.approve()).toBe(true);
    expect(commands().map(([name, input]) => [name, input['expected']])).toEqual([['responses:approve', 2]]);
    expect(await responses.publish()).toBe('visible');
  });

  it('goes out again by itself where the head moved but nothing it looked at did', async () => {
    const contentHash = await hashOf(text);
    const { responses, commands, state } = await begin(view({ contentHash }));
    state.refuse = new AppError('stale');
    state.view = view({ contentHash, version: 3 });
    expect(await responses.approve()).toBe(true);
    expect(commands().map(([, input]) => input['expected'])).toEqual([2, 3]);
    expect(new Set(commands().map(([, input]) => input['id'])).size).toBe(1);
  });

  it('does not where the text is another one by now', async () => {
    const { responses, commands, state } = await begin(view({ contentHash: await hashOf(text) }));
    state.refuse = new AppError('stale');
    state.view = view({ contentHash: 'f'.repeat(64), version: 5 });
    expect(await responses.approve()).toBe(false);
    expect(commands()).toHaveLength(1);
    expect(responses.error).toMatchObject({ code: 'stale' });
  });

  it('without an answer is tried again under the same id', async () => {
    const { responses, commands, state } = await begin(view({ contentHash: await hashOf(text) }));
    state.refuse = new AppError('unknown');
    expect(await responses.publish()).toBeUndefined();
    expect(await responses.publish()).toBe('visible');
    expect(new Set(commands().map(([, input]) => input['id'])).size).toBe(1);
    await responses.publish();
    expect(new Set(commands().map(([, input]) => input['id'])).size).toBe(2);
  });
});

describe('what happens elsewhere', () => {
  it('is asked for when the stream moves', async () => {
    const { responses, state, followers } = await begin(view({ contentHash: await hashOf(text) }));
    state.view = view({ state: 'approved', version: 3, contentHash: await hashOf(text) });
    followers.at(-1)?.apply({ stream: 'x', seq: 3, prev: '', hash: '', withheld: true });
    await vi.waitFor(() => {
      expect(responses.view?.state).toBe('approved');
    });
  });
});

describe('beginning one', () => {
  it('looks first whether somebody else has begun one, and opens theirs', async () => {
    const { responses, state } = await begin(view({ state: 'published' }));
    expect(await responses.isFree()).toBe(true);
    state.others = [view({ id: id(9), state: 'draft' })];
    expect(await responses.isFree()).toBe(false);
    expect(responses.chosen).toBe(id(9));
    expect(await responses.isFree()).toBe(true); // seen by now: whoever begins another one means to
  });
});

describe('changes', () => {
  const marked = (after: string): string[] => {
    const { sections } = markChanges(text, { ...text, blocks: [{ type: 'paragraph', text: after }] });
    return (sections[0]?.blocks[0]?.pieces ?? []).filter((piece) => piece.isNew).map((piece) => piece.text);
  };

  it('are marked by the clause, a changed figure too', () => {
    expect(marked('618 户停水，没有人受伤。')).toEqual(['618 户停水，']);
    expect(marked('612 户停水，没有人受伤。水已来。')).toEqual(['水已来。']);
    expect(marked('没有人受伤；612 户停水。')).toEqual([]);
  });

  it('are none in a first version', () => {
    expect(markChanges(undefined, text).headline).toEqual([{ text: '金马街停水', isNew: false }]);
  });
});
