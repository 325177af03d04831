import type { Consumer } from '#server/platform/consume.ts';
import { noResponse, type Response } from '#shared/responses/responses.rules.ts';
import { toPublicView, type PublicResponse } from '#shared/responses/responses.view.ts';
import { parseStream } from '#shared/wire/stream.ts';
import type { PublicRow, ResponseRow, ResponsesModel } from './responses.model.ts';

interface Deps {
  model: ResponsesModel;
  /** The response at its durable head. */
  load: (id: string) => Promise<{ state: Response; seq: number }>;
}

const toRow = (state: Response, applied: number): ResponseRow => ({
  _id: state.id,
  applied,
  code: state.code,
  incident: state.incident,
  kind: state.kind,
  title: state.revisions.at(-1)?.text.headline ?? state.title,
  state: state.state,
  n: state.n,
  publishedAt: state.revisions.at(-1)?.publishedAt ?? null,
  dueAt: state.state === 'scheduled' ? (state.planned?.publishAt ?? null) : null,
});

/** The first sixteen digits: what stands on the page and what people type. */
export const shortMark = (hash: string): string => hash.slice(0, 16);

function toPublicRow(state: Response, view: PublicResponse, applied: number): PublicRow {
  const hashes = [...view.revisions.map((revision) => revision.contentHash), view.withdrawn?.contentHash ?? ''];
  const marks = hashes.filter((hash) => hash !== '').flatMap((hash) => [hash, shortMark(hash)]);
  return {
    _id: state.id,
    applied,
    code: view.code,
    matter: view.matter,
    scopes: [...(state.revisions.at(-1)?.about.scopes ?? [])],
    marks,
    updatedAt: view.withdrawn?.at ?? view.revisions.at(-1)?.publishedAt ?? '',
    view,
  };
}

/**
 * Keeps both read models. A row is made from the state at the head, so a repeat writes the same row again; what
 * residents see passes through `toPublicView` and nothing else.
 */
export function createResponsesProjection({ model, load }: Deps): Consumer {
  async function project(id: string): Promise<void> {
    const { state, seq } = await load(id);
    if (state.state === noResponse(id).state) return;
    await model.put(toRow(state, seq));
    const view = toPublicView(state);
    if (view !== undefined) await model.putPublic(toPublicRow(state, view, seq));
  }

  return {
    name: 'responses',
    kinds: ['response'],
    handle: async (events) => {
      const ids = new Set(events.map((event) => parseStream(event.stream)?.id ?? ''));
      for (const id of ids) await project(id);
    },
  };
}
