import { setImmediate } from 'node:timers/promises';

/** Time that passes only when it is told to, for a program whose clock and sleep are ports. */
export interface VirtualClock {
  /** In milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** No time passes before `work` is done. */
  during<Result>(work: Promise<Result>): Promise<Result>;
  /** Lets time pass, sleeper by sleeper in their order, each one's doings finished before the next wakes. */
  advanceTo(time: number): Promise<void>;
  /** Lets time pass until something has happened. */
  advanceUntil(happened: () => boolean): Promise<void>;
  /** Waits until nothing goes on any more. */
  settle(): Promise<void>;
}

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A caller that only sleeps again does so within a few promises; one that does more needs the event loop. */
const PROMISES_BEFORE_THE_LOOP = 12;
/** Nothing that goes on pauses for so many turns of the event loop. */
const QUIET_TURNS = 20;

export function createVirtualClock(start: number): VirtualClock {
  let now = start;
  let awake = 0;
  let inHand = 0;
  let doings = 0;
  const sleeping = new Set<Sleeper>();

  async function turnUntil(isDone: () => boolean): Promise<void> {
    for (let [quiet, seen] = [0, doings]; inHand > 0 || (quiet < QUIET_TURNS && !isDone()); quiet += 1) {
      await setImmediate();
      if (inHand > 0 || doings !== seen) [quiet, seen] = [0, doings];
    }
    awake = 0;
  }

  async function wake(sleeper: Sleeper): Promise<void> {
    now = Math.max(now, sleeper.due);
    sleeping.delete(sleeper);
    awake += 1;
    sleeper.wake();
    for (let turn = 0; awake > 0 && turn < PROMISES_BEFORE_THE_LOOP; turn += 1) await Promise.resolve();
    await turnUntil(() => awake === 0);
  }

  function next(): Sleeper | undefined {
    let earliest: Sleeper | undefined;
    for (const sleeper of sleeping) if (!earliest || sleeper.due < earliest.due) earliest = sleeper;
    return earliest;
  }

  return {
    now: () => Math.floor(now),
    async sleep(ms, signal) {
      signal.throwIfAborted();
      doings += 1;
      awake = Math.max(0, awake - 1);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const sleeper = { due: now + ms, wake: resolve };
      const abort = () => reject(signal.reason);
      sleeping.add(sleeper);
      signal.addEventListener('abort', abort);
      try {
        await promise;
      } finally {
        sleeping.delete(sleeper);
        signal.removeEventListener('abort', abort);
      }
    },
    async during(work) {
      inHand += 1;
      doings += 1;
      try {
        return await work;
      } finally {
        inHand -= 1;
      }
    },
    async advanceTo(time) {
      for (let sleeper = next(); sleeper && sleeper.due <= time; sleeper = next()) await wake(sleeper);
      now = Math.max(now, time);
    },
    async advanceUntil(happened) {
      while (!happened()) {
        const sleeper = next();
        if (!sleeper) throw new Error('nobody sleeps, so nothing will happen');
        await wake(sleeper);
      }
    },
    settle: () => turnUntil(() => false),
  };
}
