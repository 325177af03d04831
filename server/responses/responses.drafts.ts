import type { OpenReader } from '#server/platform/reader.ts';
import type { Fold } from '#server/platform/fold.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { isEditable, type Response } from '#shared/responses/responses.rules.ts';
import { cleanText } from '#shared/responses/responses.text.ts';
import type { Text } from '#shared/responses/responses.events.ts';
import { readText, seedOf } from './responses.fragment.ts';
import type { Around } from './responses.incident.ts';
import { seedFor } from './responses.seed.ts';

/** Live documents, as the draft of a response needs them; handed in by the roof. */
export interface Documents {
  /** Makes a document of a response that begins with `seed`; does nothing where it exists. */
  create: (doc: string, owner: string, seed: Uint8Array) => Promise<void>;
  /** Refuses edits from here on; answers with the whole document and everybody who ever wrote in it. */
  seal: (doc: string) => Promise<{ update: Uint8Array; contributors: readonly string[] }>;
  unseal: (doc: string) => Promise<void>;
}

interface Deps {
  fold: Fold<Response>;
  streams: Streams;
  docs: Documents;
  around: Around;
}

export type Drafts = ReturnType<typeof createDrafts>;

/**
 * The document behind a response. Events come first and the document follows them, by the service at once and by a
 * consumer after a crash; both may run, so each step may be repeated.
 */
export function createDrafts({ fold, streams, docs, around }: Deps) {
  return {
    /** Makes the document of the revision at work. */
    ensure: async (id: string): Promise<void> => {
      const { state } = await fold.load(id);
      const read = await around.incidents.factsOf(state.incident);
      const answers = read ?? { known: null, unknown: null, doing: null };
      await docs.create(state.doc, id, seedOf(seedFor(state, answers)));
    },

    /** The text as it stands, from here on unchanging, and who wrote it. Inside the response's turn. */
    freeze: async (state: Response): Promise<{ text: Text; contributors: readonly string[] }> => {
      const sealed = await docs.seal(state.doc);
      return { text: cleanText(readText(sealed.update, state.title)), contributors: sealed.contributors };
    },

    /**
     * Opens the document where the response is being written. In the response's turn, with the state read there: a
     * submit that came in between has sealed it, and must not find it open again.
     */
    open: (id: string): Promise<void> =>
      streams.inTurn(`response:${id}`, async () => {
        const { state } = await fold.load(id);
        if (isEditable(state)) await docs.unseal(state.doc);
      }),

    /** Who may do what with a document of this response: edit the one at work, read all, or nothing. */
    access: async (actor: Actor, id: string, doc: string): Promise<'edit' | 'read' | undefined> => {
      const { state } = await fold.load(id);
      if (state.state === 'none') return undefined;
      const { mayOn } = around.incidents;
      if (!(await mayOn(actor, state.incident, 'incident.read'))) return undefined;
      if (!isEditable(state) || doc !== state.doc) return 'read';
      return (await mayOn(actor, state.incident, 'response.draft')) ? 'edit' : 'read';
    },

    /** `response:` is open to whoever may read its incident (contract). */
    reader: (async (actor, id) => {
      const { state } = await fold.load(id);
      if (state.state === 'none') return undefined;
      if (!(await around.incidents.mayOn(actor, state.incident, 'incident.read'))) return undefined;
      return { floor: 1, view: (event) => event };
    }) satisfies OpenReader as OpenReader,
  };
}
