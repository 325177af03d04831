import { once } from 'node:events';
import * as Y from 'yjs';
import type { Action } from '#shared/people/people.policy.ts';
import { DOCUMENTS } from '#shared/people/ways.policy.ts';
import { barrierOf, collabSocket, frameOf, openDocLine, receiptOf } from './doc-line.ts';
import { EVERYWHERE, type Persona, type Place } from './policy-cast.ts';
import { gives } from './policy-cells.ts';
import type { Run } from './policy-run.ts';

/* The cells of the policy table on live texts: who gets none of it, who reads, whose words are kept. */

const KINDS = { meeting: DOCUMENTS.meeting, drafted: DOCUMENTS.response } as const;
type Kind = keyof typeof KINDS;

export type DocRole = 'edit' | 'read' | number;

export interface DocCell {
  on: Kind;
  place: Place;
  who: Persona;
}

export const docCells = (run: Run): DocCell[] =>
  (Object.keys(KINDS) as Kind[]).flatMap((on) =>
    run.hub.personas.flatMap((who) =>
      (who.condition === 'active' ? EVERYWHERE : (['S'] as const)).map((place) => ({ on, place, who })),
    ),
  );

function expectedRole({ on, place, who }: DocCell): DocRole {
  const holds = (action: Action): boolean => gives(who.holds, action, { place, on });
  const { read, edit } = KINDS[on];
  if (!holds(read)) return 4404;
  return holds(edit) ? 'edit' : 'read';
}

/** What becomes of a word that somebody sends: it is kept, or not, or the line is closed with a code instead. */
async function roleOf({ url, cookie }: Persona['client'], doc: string): Promise<DocRole> {
  const socket = await collabSocket(url, cookie, doc);
  const closed = once(socket, 'close').then(([code]) => code as number);
  const answered = new Promise<undefined>((resolve) => {
    socket.on('message', (frame: Buffer) => {
      if (receiptOf(frame) !== undefined) resolve(undefined);
    });
  });
  const mine = new Y.Doc();
  mine.getXmlFragment('body:closing').insert(0, [new Y.XmlText('改')]);
  socket.send(frameOf([0, 2], Y.encodeStateAsUpdate(mine)));
  socket.send(barrierOf(1));
  const code = await Promise.race([closed, answered]);
  if (code !== undefined) return code;
  socket.close();
  const after = await openDocLine(url, cookie, doc);
  after.socket.close();
  return after.doc.store.clients.has(mine.clientID) ? 'edit' : 'read';
}

/** Asks a cell and says what is wrong with what became of it, if anything. */
export async function askDoc(run: Run, cell: DocCell): Promise<string[]> {
  const { doc } = await run.things.kept(cell.on, cell.place);
  const role = await roleOf(cell.who.client, doc);
  const wanted = expectedRole(cell);
  return role === wanted
    ? []
    : [`the text of a ${cell.on} at ${cell.place} for ${cell.who.name}: ${role}, should be ${wanted}`];
}
