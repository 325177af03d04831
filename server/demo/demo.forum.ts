import { NAMED } from './demo.cast.ts';
import { demoId } from './demo.people.ts';
import { MEMBERS, NEIGHBOURS, PLACES, ROOMS, ROUTINE, TALKS, type Talk } from './demo.talk.ts';
import type { Stage } from './demo.timeline.ts';
import { createRandom, type Random } from './random.ts';

type RoomKey = keyof typeof ROOMS;

const MINUTE = 60_000;
const SEED = 20_261_122;
const DAYS = 14;

export const roomId = (key: string): string => demoId(`room ${key}`);

/** Where a line of a talk ended up, for quotes and for what is flagged from it. */
export type Said = Map<string, number>;

/** Who talks in which room on an ordinary day. */
const VOICES: Readonly<Record<RoomKey, readonly string[]>> = {
  work: ['worker', 'worker2', 'officer', 'zhoujianguo', 'liuyulan', 'fengjie', 'xiaolin', 'zengqiang', 'denglihua'],
  grid: ['worker', 'worker2', 'officer', 'fengjie', 'zengqiang'],
  board: ['officer'],
  duty: ['deputy', 'officer', 'tangying', 'huangwei', 'weiping', 'wudan'],
  canteen: ['wudan', 'zhangrui', 'maxiaoyan', 'spokesperson'],
  babaojie: ['huangwei', 'songxia', 'pengbo', 'yefang', 'jiangtao', 'luoxue'],
  toufujie: ['tangying', 'guozhigang', 'linmei', 'xiejun', 'hanlu', 'caoyong'],
  wuyuegong: ['weiping', 'panhong', 'duyu', 'chengxiaoli', 'yanfei', 'renjing'],
};
/** Ordinary lines a day. */
const PACE: Readonly<Record<RoomKey, number>> = {
  work: 6,
  grid: 3,
  board: 0,
  duty: 2,
  canteen: 1,
  babaojie: 3,
  toufujie: 3,
  wuyuegong: 3,
};

function openRooms(stage: Stage): void {
  for (const [key, room] of Object.entries(ROOMS)) {
    const { title, kind, unit } = room;
    const people = (MEMBERS[key] ?? []).map(stage.person);
    const audience = 'audience' in room ? { audience: room.audience } : {};
    const input = {
      id: roomId(key),
      unit: stage.unit(unit),
      title,
      kind,
      ...(people.length > 0 && { people }),
      ...audience,
    };
    stage.scene(stage.day(DAYS, 8), () => stage.run('admin', 'forum:create', input));
  }
}

function tell(stage: Stage, talk: Talk, said: Said): void {
  const { room, at, lines } = talk;
  let time = 'hoursAgo' in at ? stage.ago(at.hoursAgo).getTime() : stage.day(at.day, at.hour, 7).getTime();
  lines.forEach(([login, minutes, text, reply], n) => {
    time += minutes * MINUTE;
    stage.scene(new Date(time), async () => {
      const key = (line: number): string => `${room} ${TALKS.indexOf(talk)} ${line}`;
      const replyTo = reply === undefined ? undefined : said.get(key(n - reply));
      const input = {
        id: demoId(`say ${key(n)}`),
        room: roomId(room),
        text,
        ...(replyTo !== undefined && { replyTo }),
      };
      const { seq } = await stage.run(login, 'forum:post', input);
      said.set(key(n), Number(seq));
    });
  });
}

const fill = (text: string, random: Random): string =>
  text
    .replace('{place}', () => random.pick(PLACES))
    .replace('{name}', () => random.pick(NEIGHBOURS))
    .replace('{count}', () => String(3 + random.below(20)));

function ordinaryDay(stage: Stage, day: number, random: Random): void {
  for (const key of Object.keys(ROOMS) as RoomKey[]) {
    for (let i = 0; i < PACE[key]; i++) {
      const at = stage.day(day, 8 + random.below(10), random.below(60));
      if (at >= stage.now) continue;
      const login = random.pick(VOICES[key]);
      const text = fill(random.pick(ROUTINE), random);
      const id = demoId(`routine ${key} ${day} ${i}`);
      stage.scene(at, () => stage.run(login, 'forum:post', { id, room: roomId(key), text }));
    }
  }
}

/** Thanks where thanks are due: a few reactions, an edit, a message taken back. */
function smallThings(stage: Stage, said: Said): void {
  const react = (login: string, line: string, emoji: string): void => {
    const id = demoId(`react ${login} ${line}`);
    stage.scene(stage.ago(0.4), () =>
      stage.run(login, 'forum:react', { id, room: roomId('work'), seq: said.get(line) ?? 0, emoji, on: true }),
    );
  };
  const last = TALKS.findLastIndex((talk) => talk.room === 'work');
  react('worker', `work ${last} 2`, '❤️');
  react('officer', `work ${last} 2`, '❤️');
  react('zhoujianguo', `work ${last} 3`, '👍');
  react('worker2', `work ${last} 3`, '👍');
  const slip = demoId('slip');
  stage.scene(stage.day(2, 15, 3), async () => {
    const { seq } = await stage.run('xiaolin', 'forum:post', { id: slip, room: roomId('work'), text: '发错群了' });
    await stage.run('xiaolin', 'forum:retract', { id: demoId('slip back'), room: roomId('work'), seq: Number(seq) });
  });
}

/** How many of a room's last messages are new; what was said before has been read. */
const NEW: Readonly<Record<string, number>> = { [roomId('work')]: 2, [roomId('duty')]: 3, [roomId('canteen')]: 1 };

/** Everybody a visitor can be has read along, but for the last few messages of some rooms. */
export function readAlong(stage: Stage): void {
  for (const { login } of NAMED) {
    stage.scene(stage.now, async () => {
      await stage.app.consumers.settled();
      const { rooms } = (await stage.run(login, 'forum:rooms', {})) as { rooms: { id: string; head: number }[] };
      for (const { id, head } of rooms) {
        const seq = head - (NEW[id] ?? 0);
        if (seq > 0) await stage.run(login, 'forum:mark-read', { room: id, seq });
      }
    });
  }
}

/** Two weeks of talk. Returns where each line of the written talks stands, filled while the timeline is played. */
export function forumScenes(stage: Stage): Said {
  const random = createRandom(SEED);
  const said: Said = new Map();
  openRooms(stage);
  for (const talk of TALKS) tell(stage, talk, said);
  for (let day = DAYS - 1; day >= 0; day--) ordinaryDay(stage, day, random);
  smallThings(stage, said);
  return said;
}
