import { makeCrowd, startBare, startHub } from './hub.ts';
import { connectAll, connectMember, type Member } from './member.ts';
import type { Subject } from './process.ts';
import { median, print, spread } from './table.ts';

const SOCKETS = 1_000;

const nothing = (): void => undefined;

interface Way {
  start: () => Promise<Subject>;
  cookie?: (i: number) => string;
  join: (member: Member) => Promise<string>;
}

/** KiB a connection adds that sits in a room and says nothing. */
async function measure({ start, cookie, join }: Way): Promise<number> {
  const subject = await start();
  const enter = async (i: number): Promise<Member> => {
    const given = cookie === undefined ? {} : { cookie: cookie(i) };
    const member = await connectMember({ url: subject.url, heard: nothing, lost: nothing, ...given });
    await join(member);
    return member;
  };
  const first = await connectAll(20, enter); // what is made once is not counted
  const before = await subject.memory();
  const rest = await connectAll(SOCKETS, enter);
  const after = await subject.memory();
  for (const member of [...first, ...rest]) member.close();
  await subject.stop();
  return (after - before) / SOCKETS / 1024;
}

/** Memory of a connection that does nothing, against bare Socket.IO. */
export async function memory(passes: number): Promise<void> {
  const crowd = await makeCrowd(SOCKETS);
  const bare: number[] = [];
  const linli: number[] = [];
  for (let pass = 0; pass < passes; pass++) {
    bare.push(await measure({ start: startBare, join: (member) => member.ask('join', 'room') }));
    linli.push(
      await measure({
        start: () => startHub(crowd),
        cookie: (i) => crowd.cookies[i % crowd.cookies.length] ?? '',
        join: (member) => member.ask('stream:open', { stream: `room:${crowd.room}`, have: 0 }),
      }),
    );
  }
  await crowd.remove();
  const ratio = median(linli.map((value, i) => value / (bare[i] ?? NaN)));
  console.log(`memory: ${SOCKETS} idle connections in a room, ${passes} passes`);
  print(['subject', 'KiB per connection', 'ratio'], [
    ['bare Socket.IO', spread(bare, 1), '1.00×'],
    ['Linli, signed in, stream open', spread(linli, 1), `${ratio.toFixed(2)}×`],
  ]); // prettier-ignore
}
