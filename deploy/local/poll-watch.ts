import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const INTERVAL_MS = 5_000;

/** The part of `GET /api/v1/usage` that says how polling goes. */
const usageSchema = z.object({
  accounts: z.array(
    z.object({
      account: z.string(),
      last_poll: z.object({ outcome: z.string(), detail: z.string().nullable() }).nullable(),
    }),
  ),
});
type Usage = z.output<typeof usageSchema>;

/** By account: why its last poll failed, or undefined after a successful poll. */
type Failures = ReadonlyMap<string, string | undefined>;

/** Returns the failures of the newest polls. Accounts that have not been polled are left out. */
export function pollFailures({ accounts }: Usage): Failures {
  return new Map(
    accounts.flatMap(({ account, last_poll }) =>
      last_poll
        ? [[account, last_poll.outcome === 'success' ? undefined : (last_poll.detail ?? last_poll.outcome)] as const]
        : [],
    ),
  );
}

/** Returns a sentence for each account whose polls began to fail, fail for another reason, or work again. */
export function describeChanges(before: Failures, now: Failures): string[] {
  return [...now].flatMap(([account, failure]) => {
    if (failure === before.get(account)) return [];
    return failure === undefined
      ? [`Account ${account}: polls work again.`]
      : [`Account ${account}: the poll failed: ${failure}`];
  });
}

/** Prints when polls of an account begin to fail or work again, until `signal` aborts. */
export async function watchPolls(
  exporterUrl: string,
  print: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let failures: Failures = new Map();
  while (!signal.aborted) {
    const usage = await readUsage(`${exporterUrl}/api/v1/usage`, signal);
    if (usage) {
      const now = pollFailures(usage);
      for (const sentence of describeChanges(failures, now)) print(`\n${sentence}\n`);
      failures = now;
    }
    await sleep(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function readUsage(url: string, signal: AbortSignal): Promise<Usage | undefined> {
  try {
    const response = await fetch(url, { signal });
    return usageSchema.safeParse(await response.json()).data;
  } catch {
    return undefined;
  }
}
