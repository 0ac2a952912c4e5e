/** Node fires longer timers immediately. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Lets a loop sleep until there is work. A wake-up between two sleeps is not lost. */
export class Wakeup {
  #pending = false;
  #resolve: ((reason?: unknown) => void) | undefined;

  wake(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  /** Returns after `ms` (at most 24 days; if absent, never), at the next wake-up, or if the signal aborts. */
  async wait(ms: number | undefined, signal: AbortSignal): Promise<void> {
    if (this.#pending || signal.aborted) {
      this.#pending = false;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#resolve = resolve;
    const timer = ms === undefined ? undefined : setTimeout(resolve, Math.min(Math.max(0, ms), MAX_TIMER_MS));
    signal.addEventListener('abort', resolve, { once: true });
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', resolve);
    this.#resolve = undefined;
    this.#pending = false;
  }
}
