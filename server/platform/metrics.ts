import { monitorEventLoopDelay } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 20 });
delay.enable();

/** Prometheus text of the few figures an operator watches: process memory, loop delay, and what is handed in. */
export function metrics(gauges: Readonly<Record<string, number>>): string {
  const memory = process.memoryUsage();
  const all: Record<string, number> = {
    process_resident_memory_bytes: memory.rss,
    nodejs_heap_used_bytes: memory.heapUsed,
    nodejs_eventloop_delay_p99_seconds: delay.percentile(99) / 1e9,
    process_uptime_seconds: process.uptime(),
    ...gauges,
  };
  return Object.entries(all)
    .map(([name, value]) => `# TYPE ${name} gauge\n${name} ${Number.isFinite(value) ? value : 0}\n`)
    .join('');
}
