import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ParsedFamily } from './exposition-text.ts';

/** Answers with the same series as prom-client renders them: set anew and rendered at each request. */
export async function startPromClientServer(families: readonly ParsedFamily[]): Promise<string> {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const ofUsage = families.filter(({ name, samples }) => name.startsWith('claude_usage_') && samples.length > 0);
  for (const family of ofUsage) define(family, register);
  const server = createServer((_request, response) => {
    register.metrics().then((body) => {
      response.setHeader('Content-Type', register.contentType);
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

function define({ name, type, samples }: ParsedFamily, register: Registry): void {
  const labelNames = Object.keys(samples[0]?.labels ?? {}).filter((label) => label !== 'le');
  const options = { name, help: name, labelNames, registers: [register] };
  if (type === 'histogram') {
    const bounds = samples.map(({ labels }) => Number(labels.le)).filter(Number.isFinite);
    new Histogram({ ...options, buckets: bounds }).observe(0);
  } else if (type === 'counter') {
    const counter = new Counter(options);
    for (const { labels, value } of samples) counter.inc(labels, value);
  } else {
    new Gauge({
      ...options,
      collect() {
        this.reset();
        for (const { labels, value } of samples) this.set(labels, value);
      },
    });
  }
}
