/** A timer can't be set for longer; it would ring at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Lets a loop sleep until there is something to do; a wake-up while nobody sleeps is not lost. */
export class Wakeup {
  #pending = false;
  #resolve: ((reason?: unknown) => void) | undefined;

  wake(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  /** Returns after `ms` (never, when absent; after 24 days, when more), at the next wake-up, or when the signal aborts. */
  async wait(ms: number | undefined, signal: AbortSignal): Promise<void> {
    if (this.#pending || signal.aborted) {
      this.#pending = false;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#resolve = resolve;
    const timer = ms === undefined ? undefined : setTimeout(resolve, Math.min(Math.max(0, ms), LONGEST_TIMER_MS));
    signal.addEventListener('abort', resolve, { once: true });
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', resolve);
    this.#resolve = undefined;
    this.#pending = false;
  }
}
