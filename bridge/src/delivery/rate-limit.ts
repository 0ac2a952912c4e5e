/** The homeserver's rate limit. It applies to the account, so all rooms share it. */
export class RateLimit {
  #since = 0;
  #until = 0;

  /** Starts or extends the limit. */
  hold(now: number, delayMs: number): void {
    this.#until = now + Math.max(delayMs, this.remainingMs(now));
    this.#since = now;
  }

  /** Returns the remaining time in milliseconds; 0 if there is no limit. A clock that was set back ends the limit. */
  remainingMs(now: number): number {
    return now < this.#since ? 0 : Math.max(0, this.#until - now);
  }
}
