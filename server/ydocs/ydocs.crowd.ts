import * as Y from 'yjs';
import { LIMITS } from './ydocs.edit.ts';
import type { Link } from './ydocs.link.ts';
import type { Loaded } from './ydocs.log.ts';
import { statusMessage, step1Message, updateMessage } from './ydocs.protocol.ts';

/** What a text may contain; a client that knows less would delete what it does not know (minutes §1.5). */
export const SCHEMA = 1;

/** Everybody who has one document open, and what they are told. */
export function createCrowd(id: string, heartbeat: number) {
  const links = new Set<Link>();

  /** Asks for everything a client holds. */
  function ask(link: Link, { doc }: Loaded): void {
    link.send(step1Message(Y.encodeStateVector(doc)));
  }

  function tellStatus(link: Link, { seq, sealed }: Loaded): void {
    if (!link.ext) return;
    const right = sealed ? { role: 'read' as const, state: 'sealed' } : { role: link.role, state: link.state };
    link.send(statusMessage({ doc: id, seq, ...right, schema: SCHEMA, limits: LIMITS, heartbeat }));
  }

  /** What this connection may do has changed, or is said for the first time. */
  function tellRight(link: Link, loaded: Loaded): void {
    tellStatus(link, loaded);
    link.answered = false;
    // Asked before we answer: when a client is in sync, what it brought along is on its way to us.
    if (link.role === 'edit' && !loaded.sealed) ask(link, loaded);
  }

  return {
    links,
    ask,
    tellStatus,
    tellRight,

    /** Shows edits to everybody but their author. */
    relay: (frames: readonly Uint8Array[], author?: Link): void => {
      for (const frame of frames) {
        const message = updateMessage(frame);
        for (const link of links) if (link !== author) link.sendText(message);
      }
    },

    /** After a seal or an unseal. */
    tellAll: (loaded: Loaded): void => {
      for (const link of links) tellRight(link, loaded);
    },

    beat: (loaded: Loaded | undefined): void => {
      for (const link of links) {
        link.beat();
        if (loaded !== undefined) tellStatus(link, loaded);
      }
    },
  };
}
