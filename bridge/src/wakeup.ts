/** Lets a loop sleep until there is something to do; a wake-up while nobody sleeps is not lost. */
export class Wakeup {
  #pending = false;
  #resolve: ((reason?: unknown) => void) | undefined;

  wake(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  /** Returns after `ms` (never, when absent), at the next wake-up, or when the signal aborts. */
  async wait(ms: number | undefined, signal: AbortSignal): Promise<void> {
    if (this.#pending || signal.aborted) {
      this.#pending = false;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#resolve = resolve;
    const timer = ms === undefined ? undefined : setTimeout(resolve, Math.max(0, ms));
    signal.addEventListener('abort', resolve, { once: true });
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', resolve);
    this.#resolve = undefined;
    this.#pending = false;
  }
}
