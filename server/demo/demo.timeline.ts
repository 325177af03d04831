import type { App } from '#server/app.ts';
import type { SettableClock } from '#server/platform/clock.ts';
import { demoId } from './demo.people.ts';

/** What the chapters of the demo are told with. */
export interface Stage {
  app: App;
  clock: SettableClock;
  /** The moment the demo is made; everything else lies before it. */
  now: Date;
  /** Puts a scene into the timeline. Scenes are played in order of time, those of one moment in order of entry. */
  scene: (at: Date, play: () => Promise<unknown>) => void;
  /** An ordinary command, by somebody of the cast. Throws what the hub answers. */
  run: (login: string, name: string, input: object) => Promise<Record<string, unknown>>;
  unit: (code: string) => string;
  person: (login: string) => string;
  /** `days` before today at `hour`, China time (UTC+8, no summer time), never later than now. */
  day: (days: number, hour: number, minute?: number) => Date;
  ago: (hours: number) => Date;
}

const HOUR = 3600_000;
const CHINA = 8 * HOUR;

export function createStage(app: App, clock: SettableClock) {
  const now = clock.now();
  const scenes: { at: number; play: () => Promise<unknown> }[] = [];
  const midnight = Math.floor((now.getTime() + CHINA) / (24 * HOUR)) * 24 * HOUR - CHINA;

  const stage: Stage = {
    app,
    clock,
    now,
    scene: (at, play) => scenes.push({ at: Math.min(at.getTime(), now.getTime()), play }),
    run: async (login, name, input) => {
      const actor = app.features.directory.actor(demoId(`person ${login}`));
      if (actor === undefined) throw new Error(`nobody is called ${login}`);
      return (await app.dispatch.run(name, { actor, session: 'demo' }, input)) as Record<string, unknown>;
    },
    unit: (code) => {
      const unit = app.features.directory.unitByCode(code);
      if (unit === undefined) throw new Error(`no unit ${code}`);
      return unit.id;
    },
    person: (login) => demoId(`person ${login}`),
    day: (days, hour, minute = 0) =>
      new Date(Math.min(midnight - days * 24 * HOUR + hour * HOUR + minute * 60_000, now.getTime())),
    ago: (hours) => new Date(now.getTime() - hours * HOUR),
  };

  return {
    stage,
    /** Plays every scene in order of time, each at its own moment. */
    play: async (): Promise<void> => {
      const inOrder = scenes.map((scene, i) => ({ ...scene, i })).sort((a, b) => a.at - b.at || a.i - b.i);
      try {
        for (const { at, play } of inOrder) {
          clock.set(new Date(at));
          await play();
        }
      } finally {
        clock.set();
      }
    },
  };
}

/** The version somebody sees when they act: the head of the stream. */
export async function headOf(stage: Stage, stream: string): Promise<number> {
  return (await stage.app.streams.head(stream)).seq;
}

export const incidentId = (key: string): string => demoId(`incident ${key}`);
