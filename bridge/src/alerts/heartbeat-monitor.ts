import type { AlertGroup } from './alert-group.ts';
import { type HeartbeatConfig, heartbeatBack, heartbeatMissing } from './heartbeat.ts';

export interface HeartbeatPorts {
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when the notification is on disk. */
  readonly announce: (group: AlertGroup, room: string) => Promise<unknown>;
  readonly onSignal: (name: string, at: number) => void;
  readonly onMissing: (name: string) => void;
  readonly onAnnounceFailed: (name: string, error: unknown) => void;
}

interface Heart {
  readonly config: HeartbeatConfig;
  lastSignalAt: number;
  /** Set while the heartbeat is missing. */
  missingSince: number | undefined;
  /** True until the first signal: an earlier process may have announced the heartbeat as missing. */
  mayBeAnnounced: boolean;
}

/** The announcement is retried after this time when it could not be stored. */
const RETRY_MS = 30_000;

/**
 * Announces heartbeats that stop and come back. After a start each heartbeat has its full timeout, because signals may
 * have been sent while the bridge was away.
 */
export class HeartbeatMonitor {
  readonly #ports: HeartbeatPorts;
  readonly #hearts: ReadonlyMap<string, Heart>;

  constructor(configs: readonly HeartbeatConfig[], ports: HeartbeatPorts) {
    this.#ports = ports;
    const lastSignalAt = ports.now();
    this.#hearts = new Map(
      configs.map((config) => [config.name, { config, lastSignalAt, missingSince: undefined, mayBeAnnounced: true }]),
    );
  }

  has(name: string): boolean {
    return this.#hearts.has(name);
  }

  /**
   * Takes a signal, and announces that the heartbeat is back when it was missing.
   * @returns false for a name that is not configured
   */
  async signal(name: string): Promise<boolean> {
    const heart = this.#hearts.get(name);
    if (!heart) return false;
    const now = this.#ports.now();
    heart.lastSignalAt = now;
    this.#ports.onSignal(name, now);
    if (heart.missingSince === undefined && !heart.mayBeAnnounced) return true;
    await this.#ports.announce(heartbeatBack(heart.config, heart.missingSince, now), heart.config.room);
    heart.missingSince = undefined;
    heart.mayBeAnnounced = false;
    return true;
  }

  /** Watches until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#hearts.values()].map((heart) => this.#watch(heart, signal)));
  }

  async #watch(heart: Heart, signal: AbortSignal): Promise<void> {
    const { now, sleep } = this.#ports;
    while (!signal.aborted) {
      const dueAt = heart.lastSignalAt + heart.config.timeoutMs;
      const isDue = heart.missingSince === undefined && now() >= dueAt;
      const announced = !isDue || (await this.#announceMissing(heart, dueAt));
      // A clock that was set back would otherwise postpone the next look.
      const waitMs = announced ? Math.min(Math.max(dueAt - now(), 1_000), heart.config.timeoutMs) : RETRY_MS;
      await sleep(waitMs, signal).catch(() => {});
    }
  }

  async #announceMissing(heart: Heart, missingSince: number): Promise<boolean> {
    const { name, room } = heart.config;
    try {
      await this.#ports.announce(heartbeatMissing(heart.config, missingSince), room);
      heart.missingSince = missingSince;
      this.#ports.onMissing(name);
      return true;
    } catch (error) {
      this.#ports.onAnnounceFailed(name, error);
      return false;
    }
  }
}
