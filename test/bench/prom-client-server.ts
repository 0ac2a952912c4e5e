// prom-client with the series of the exporter that the argument names, set anew and rendered at each request. Prints its
// address, and ends with its input.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type ParsedFamily, parseExposition } from './exposition-text.ts';

const register = new Registry();
collectDefaultMetrics({ register });
for (const family of parseExposition(await (await fetch(`${process.argv[2]}/metrics`)).text())) {
  if (family.name.startsWith('claude_usage_') && family.samples.length > 0) define(family, register);
}
const server = createServer((_request, response) => {
  register.metrics().then((body) => {
    response.setHeader('Content-Type', register.contentType);
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
process.stdin.resume().on('end', () => process.exit(0));

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
