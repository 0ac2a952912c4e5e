import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { notification, post } from './alerts.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Sends alerts through a bridge in this process and returns the growth of the heap for each, in bytes. */
export async function heapGrowthPerMessage(
  url: string,
  { warmUp, messages }: { warmUp: number; messages: number },
): Promise<number> {
  await sendAlerts(url, 'WarmUp', warmUp);
  const before = await usedHeap();
  await sendAlerts(url, 'Alert', messages);
  return ((await usedHeap()) - before) / messages;
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
  const pending = 'alertmanager_matrix_outbox_pending{room="ops",priority="normal"} 0\n';
  while (!(await (await fetch(`${url}/metrics`)).text()).includes(pending)) await sleep(20);
}

async function usedHeap(): Promise<number> {
  // Objects with finalizers are collected in a second round.
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await sleep(50);
  }
  return process.memoryUsage().heapUsed;
}
