import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { makeCrowd, startDemo } from './hub.ts';
import { median, print, spread } from './table.ts';

const STARTS = 10;

function startNode(): number {
  const began = performance.now();
  spawnSync(process.execPath, ['-e', 'console.log(1)']);
  return performance.now() - began;
}

/** From the start of the process to its listening line, on demo data that are there already. */
export async function coldStart(): Promise<void> {
  const { folder, remove } = await makeCrowd(1);
  const node: number[] = [];
  const hub: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    node.push(startNode());
    const subject = await startDemo(folder);
    hub.push(subject.startedIn);
    await subject.stop();
  }
  await remove();
  const ratio = median(hub.map((value, i) => value / (node[i] ?? NaN)));
  console.log(`cold-start: ${STARTS} starts`);
  print(['subject', 'ms, median (min–max)', 'ratio'], [
    ['node -e', spread(node), '1.0×'],
    ['Linli, demo data', spread(hub), `${ratio.toFixed(1)}×`],
  ]); // prettier-ignore
}
