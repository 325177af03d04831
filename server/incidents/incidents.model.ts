import { Schema, type Connection, type mongo } from 'mongoose';
import { putNewest } from '#server/platform/rows.ts';
import type { Heat } from '#shared/incidents/incidents.heat.ts';
import type { IncidentLine } from '#shared/incidents/incidents.schema.ts';

/** A line of the board but its heat, which depends on the moment it is read at. */
export type StoredLine = Omit<IncidentLine, 'heat' | 'why'>;

/**
 * One incident. `boards` names every list it stands in: `<unit> <state>`, `<unit> open`, `<unit> all`, for the lead
 * unit, the affected ones and everything above them. With it any board is one range of an index, whatever its order.
 */
export interface IncidentRow {
  _id: string;
  /** The seq up to which this row speaks. */
  applied: number;
  boards: string[];
  /** Sorts as the heat does; the id makes each key one place of its own, so that a page can go on from it. */
  heatKey: string;
  /** Sorts by the clock that runs out next; what has none comes last. */
  dueKey: string;
  /** Flagged at, ms since 1970. */
  at: number;
  line: StoredLine;
  heat: Heat;
  /** Title and words, to compare a new flag with. */
  text: string;
}

const text = { type: String, required: true } as const;
const whole = { type: Number, required: true } as const;
const mixed = { type: Schema.Types.Mixed, required: true } as const;

const incidents = new Schema(
  {
    _id: text,
    applied: whole,
    boards: [String],
    heatKey: text,
    dueKey: text,
    at: whole,
    line: mixed,
    heat: mixed,
    text,
  },
  { collection: 'incidents', versionKey: false, autoIndex: false, minimize: false },
);
incidents.index({ boards: 1, heatKey: 1 });
incidents.index({ boards: 1, dueKey: 1 });
incidents.index({ boards: 1, at: 1 });

/** A page of one board. `after` is the key of the last row of the page before. */
export interface Page {
  sort: 'heat' | 'due';
  after: string | undefined;
  limit: number;
}

export type IncidentsModel = ReturnType<typeof createIncidentsModel>;

/** The read model of incidents: disposable, made again from the streams. */
export function createIncidentsModel(db: Connection) {
  const model = db.model('Incident', incidents);
  const rows = (): mongo.Collection<IncidentRow> => model.collection as unknown as mongo.Collection<IncidentRow>;

  return {
    init: async (): Promise<void> => {
      await model.createIndexes();
    },

    clear: async (): Promise<void> => {
      await rows().deleteMany({});
    },

    /** Keeps the newest state of an incident: heat, clocks and position in one write. By _id. */
    put: (row: IncidentRow): Promise<void> => putNewest(rows(), [row]),

    /**
     * One board, hottest first or soonest due first, by (boards, heatKey) from the end or (boards, dueKey). `boards` must
     * not stand in the order: a list is ordered by its greatest item, which is some other board's name.
     */
    board: async (name: string, { sort, after, limit }: Page): Promise<IncidentRow[]> => {
      const key = sort === 'heat' ? 'heatKey' : 'dueKey';
      const direction = sort === 'heat' ? -1 : 1;
      const beyond = after === undefined ? {} : { [key]: sort === 'heat' ? { $lt: after } : { $gt: after } };
      return await rows()
        .find({ boards: name, ...beyond })
        .sort({ [key]: direction })
        .limit(limit)
        .toArray();
    },

    /** What was flagged on one board since a moment (ms), newest first, by (boards, at) from the end. */
    since: async (name: string, at: number, limit: number): Promise<IncidentRow[]> =>
      await rows()
        .find({ boards: name, at: { $gte: at } })
        .sort({ at: -1 })
        .limit(limit)
        .toArray(),
  };
}
