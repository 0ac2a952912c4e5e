import type { Logger } from './logger.ts';

/** A program that has started: it works until it is stopped, or until `failed` rejects. */
export interface Service {
  /** Rejects when the program can't go on; otherwise it never settles. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
  /** Goes on with the configuration as it is now, or with the one before if that is bad; tells which by itself. */
  reload?(): Promise<void>;
}

export interface SignalSource {
  once(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  on(signal: 'SIGHUP', listener: () => void): unknown;
}

/** SIGTERM must be answered within ten seconds; this leaves a little for the exit itself. */
const STOP_WITHIN_MS = 9_000;

/**
 * Runs a service until SIGTERM or SIGINT, then stops it. SIGHUP lets it read its configuration again. Signals count from
 * the call on: one that comes during the start stops the service as soon as it has started.
 * @throws whatever made the service fail, or not start
 */
export async function runUntilSignal(starting: Promise<Service>, signals: SignalSource, logger: Logger): Promise<void> {
  const signalled = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) signals.once(signal, () => resolve(signal));
  });
  const reload = async () => {
    const service = await starting;
    if (service.reload) return await service.reload();
    logger.info(
      'nothing to reload: secrets and the web configuration are always read again when they change, the rest at a restart',
    );
  };
  // The service tells by itself how a reload went.
  signals.on('SIGHUP', () => void reload().catch(() => undefined));
  const service = await starting;
  try {
    const signal = await Promise.race([service.failed, signalled]);
    logger.info({ signal }, 'stopping');
  } finally {
    const deadline = new Promise((resolve) => setTimeout(resolve, STOP_WITHIN_MS).unref());
    await Promise.race([service.stop(), deadline]);
  }
  logger.info('stopped');
}
