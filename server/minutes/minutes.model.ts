import { Schema, type Connection, type mongo } from 'mongoose';
import { putNewest } from '#server/platform/rows.ts';
import type { MeetingLine } from '#shared/minutes/minutes.schema.ts';

/** One meeting of the list. */
export interface MeetingRow {
  _id: string;
  unit: string;
  /** Sorts by the moment it starts; the id makes each key one place of its own, so that a page can go on from it. */
  key: string;
  /** The seq up to which this row speaks. */
  applied: number;
  line: MeetingLine;
}

const text = { type: String, required: true } as const;

const meetings = new Schema(
  {
    _id: text,
    unit: text,
    key: text,
    applied: { type: Number, required: true },
    line: { type: Schema.Types.Mixed, required: true },
  },
  { collection: 'meetings', versionKey: false, autoIndex: false, minimize: false },
);
meetings.index({ unit: 1, key: 1 });

export type MinutesModel = ReturnType<typeof createMinutesModel>;

/** The read model of meetings: disposable, made again from the streams. */
export function createMinutesModel(db: Connection) {
  const model = db.model('Meeting', meetings);
  const rows = (): mongo.Collection<MeetingRow> => model.collection as unknown as mongo.Collection<MeetingRow>;

  return {
    init: async (): Promise<void> => {
      await model.createIndexes();
    },

    clear: async (): Promise<void> => {
      await rows().deleteMany({});
    },

    /** Keeps the newest state of a meeting, by _id. */
    put: (row: MeetingRow): Promise<void> => putNewest(rows(), [row]),

    /** A unit's meetings, the latest first, from just below `before`, by (unit, key) from the end. */
    ofUnit: async (unit: string, before: string | undefined, limit: number): Promise<MeetingRow[]> =>
      rows()
        .find({ unit, ...(before === undefined ? {} : { key: { $lt: before } }) })
        .sort({ unit: -1, key: -1 })
        .limit(limit)
        .toArray(),
  };
}
