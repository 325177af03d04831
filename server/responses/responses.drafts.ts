import { newId } from '#server/platform/crypto.ts';
import type { OpenReader } from '#server/platform/reader.ts';
import type { Fold } from '#server/platform/fold.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { parseStream } from '#shared/wire/stream.ts';
import { isEditable, type Response } from '#shared/responses/responses.rules.ts';
import { cleanText } from '#shared/responses/responses.text.ts';
import type { Text } from '#shared/responses/responses.events.ts';
import { readText, seedOf } from './responses.fragment.ts';
import type { Around } from './responses.incident.ts';
import { seedFor } from './responses.seed.ts';

/** Who changes a document, and under which id. */
interface By {
  id: string;
  actor: string;
}

/** Live documents, as the draft of a response needs them; handed in by the roof. */
export interface Documents {
  /** Makes a document that begins with `seed`; does nothing where it exists. */
  create: (doc: string, seed: Uint8Array, by: { owner: string; actor: string }) => Promise<void>;
  /** Refuses edits from here on; answers with the whole document and everybody who ever wrote in it. */
  seal: (doc: string, by: By) => Promise<{ update: Uint8Array; contributors: readonly string[] }>;
  unseal: (doc: string, by: By) => Promise<void>;
  /** Whether it is sealed, and whoever sealed it cannot still be at work. */
  isLeftSealed: (doc: string) => Promise<boolean>;
  /** Asks again what those who have a document open may do with it. */
  recheck: (which: (connected: { doc: string }) => boolean) => Promise<void>;
}

/** A right to a document; `state` is what its readers are told. */
interface Granted {
  role: 'read' | 'edit';
  state: string;
}

/** Sealing and opening go by what the document is, not by who asked before: each call is one of its own. */
const bySystem = (): By => ({ id: newId(), actor: 'system' });

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
  /**
   * Opens the document where the response is being written. In the response's turn, with the state read there: a
   * submit that came in between has sealed it, and must not find it open again.
   */
  const open = (id: string): Promise<void> =>
    streams.inTurn(`response:${id}`, async () => {
      await streams.hear(`response:${id}`);
      const { state } = await fold.load(id);
      if (isEditable(state)) await docs.unseal(state.doc, bySystem());
      await docs.recheck(({ doc }) => doc === state.doc);
    });

  return {
    /** Makes the document of the revision at work. */
    ensure: async (id: string): Promise<void> => {
      const { state } = await fold.load(id);
      const read = await around.incidents.factsOf(state.incident);
      const answers = read ?? { known: null, unknown: null, doing: null };
      const by = { owner: `response:${id}`, actor: 'system' };
      await docs.create(state.doc, seedOf(seedFor(state, answers)), by);
    },

    /** The text as it stands, from here on unchanging, and who wrote it. Inside the response's turn. */
    freeze: async (state: Response): Promise<{ text: Text; contributors: readonly string[] }> => {
      const sealed = await docs.seal(state.doc, bySystem());
      return { text: cleanText(readText(sealed.update, state.title)), contributors: sealed.contributors };
    },

    open,

    /** Opens what a crash between sealing and submitting left sealed; whoever looks at the draft notices. */
    heal: async (state: Response): Promise<void> => {
      if (isEditable(state) && (await docs.isLeftSealed(state.doc))) await open(state.id);
    },

    /** Who may do what with a document of a response: edit the one at work, read all, or nothing. */
    access: async (actor: Actor, ref: { id: string; owner: string }): Promise<Granted | undefined> => {
      const { state } = await fold.load(parseStream(ref.owner)?.id ?? '');
      if (state.state === 'none') return undefined;
      const { mayOn } = around.incidents;
      if (!(await mayOn(actor, state.incident, 'incident.read'))) return undefined;
      const isAtWork = isEditable(state) && ref.id === state.doc;
      if (!isAtWork) return { role: 'read', state: 'sealed' };
      const mayEdit = await mayOn(actor, state.incident, 'response.draft');
      return { role: mayEdit ? 'edit' : 'read', state: 'draft' };
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
