import { setTimeout as sleep } from 'node:timers/promises';
import { notification, post } from './alerts.ts';

const SCRAPES = 20;

/** Sends alerts through a running bridge and returns the growth of its heap for each, in bytes. */
export async function heapGrowthPerMessage(
  url: string,
  { warmUp, messages }: { warmUp: number; messages: number },
): Promise<number> {
  await sendAlerts(url, 'WarmUp', warmUp);
  const before = await smallestHeap(url);
  await sendAlerts(url, 'Alert', messages);
  return ((await smallestHeap(url)) - before) / messages;
}

async function sendAlerts(url: string, prefix: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const name = `${prefix}${n}`;
    const status = await post(url, notification(name, [{ name, summary: 'x'.repeat(500) }]));
    if (status !== 200) throw new Error(`the bridge answered ${status}`);
    // An outbox that fills faster than it empties would be measured, too.
    if (n % 20 === 0) await untilDelivered(url);
  }
  await untilDelivered(url);
}

async function untilDelivered(url: string): Promise<void> {
  while ((await metric(url, 'alertmanager_matrix_outbox_pending{room="ops",priority="normal"}')) > 0) await sleep(20);
}

/** The smallest of several values is the one after a garbage collection. */
async function smallestHeap(url: string): Promise<number> {
  const values: number[] = [];
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    // Scrapes make garbage, and so bring collections about.
    for (let n = 0; n < 30; n++) await metric(url, 'nodejs_heap_size_used_bytes');
    values.push(await metric(url, 'nodejs_heap_size_used_bytes'));
  }
  return Math.min(...values);
}

async function metric(url: string, series: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length));
}
