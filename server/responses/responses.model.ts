import { Schema, type Connection, type mongo } from 'mongoose';
import { putNewest } from '#server/platform/rows.ts';
import type { PublicResponse } from '#shared/responses/responses.view.ts';
import type { ResponseLine } from '#shared/responses/responses.schema.ts';

/** A response as lists show it to those who may read its incident. `applied` is the seq this row speaks for. */
export interface ResponseRow extends Omit<ResponseLine, 'id'> {
  _id: string;
  applied: number;
  /** The moment it is to go out by itself; null for all that wait for nothing. */
  dueAt: string | null;
}

/**
 * What residents can find. `view` is all that ever leaves; the rest finds it: `scopes` are ids of units, `marks` the
 * hashes of its revisions, whole and as the sixteen digits that stand on the page.
 */
export interface PublicRow {
  _id: string;
  applied: number;
  code: string;
  matter: string;
  scopes: string[];
  marks: string[];
  updatedAt: string;
  view: PublicResponse;
}

const DUE_AT_ONCE = 100; // the rest a second later

const text = { type: String, required: true } as const;
const whole = { type: Number, required: true } as const;
const options = (collection: string) => ({ collection, versionKey: false, autoIndex: false }) as const;

const responses = new Schema(
  {
    ...{ _id: text, applied: whole, code: text, incident: text, kind: text, title: text, state: text, n: whole },
    publishedAt: String,
    dueAt: String,
  },
  options('responses'),
);
responses.index({ incident: 1, _id: 1 });
responses.index({ dueAt: 1 });

const published = new Schema(
  {
    ...{ _id: text, applied: whole, code: text, matter: text, scopes: [String], marks: [String], updatedAt: text },
    view: { type: Schema.Types.Mixed, required: true },
  },
  options('public_responses'),
);
published.index({ code: 1 }, { unique: true });
published.index({ updatedAt: -1 });
published.index({ scopes: 1, updatedAt: -1 });
published.index({ marks: 1 });
published.index({ matter: 1, updatedAt: -1 });

export type ResponsesModel = ReturnType<typeof createResponsesModel>;

/** Read models: what officers list, and, apart from it, what residents can find. */
export function createResponsesModel(db: Connection) {
  const responseModel = db.model('Response', responses);
  const publicModel = db.model('PublicResponse', published);
  const rows = () => responseModel.collection as unknown as mongo.Collection<ResponseRow>;
  const publicRows = () => publicModel.collection as unknown as mongo.Collection<PublicRow>;
  const views = (found: PublicRow[]): PublicResponse[] => found.map((row) => row.view);

  return {
    init: async (): Promise<void> => {
      await responseModel.createIndexes();
      await publicModel.createIndexes();
    },

    /** Index { incident, _id }; ids rise with time, so this is the order they were begun in. */
    ofIncident: (incident: string): Promise<ResponseRow[]> =>
      rows().find({ incident }).sort({ _id: 1 }).limit(200).toArray(),

    /** Ids of those whose moment has come, the longest waiting first. Index { dueAt }; null is no moment. */
    due: async (now: Date): Promise<string[]> => {
      const found = rows().find({ dueAt: { $lte: now.toISOString() } });
      return (await found.sort({ dueAt: 1 }).limit(DUE_AT_ONCE).toArray()).map(({ _id }) => _id);
    },

    put: (row: ResponseRow): Promise<void> => putNewest(rows(), [row]),
    putPublic: (row: PublicRow): Promise<void> => putNewest(publicRows(), [row]),

    /** Index code. */
    publicByCode: async (code: string): Promise<PublicResponse | undefined> =>
      (await publicRows().findOne({ code }))?.view,

    /** Index { updatedAt }. */
    publicRecent: async (limit: number): Promise<PublicResponse[]> =>
      views(await publicRows().find({}).sort({ updatedAt: -1 }).limit(limit).toArray()),

    /** Led by or touching a unit or anything below it. Index { scopes, updatedAt }. */
    publicOfUnit: async (unit: string, limit: number): Promise<PublicResponse[]> =>
      views(await publicRows().find({ scopes: unit }).sort({ updatedAt: -1 }).limit(limit).toArray()),

    /** On one matter. Index { matter, updatedAt }. */
    publicOfMatter: async (matter: string): Promise<PublicResponse[]> =>
      views(await publicRows().find({ matter }).sort({ updatedAt: -1 }).limit(50).toArray()),

    /** The response one of whose revisions has this hash, or these first sixteen digits. Index marks. */
    publicByMark: async (mark: string): Promise<PublicResponse | undefined> =>
      (await publicRows().findOne({ marks: mark }))?.view,
  };
}
