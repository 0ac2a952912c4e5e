import type { Logger } from './logger.ts';

/** A started program. It runs until it is stopped, or until `failed` rejects. */
export interface Service {
  /** Rejects on a fatal error; otherwise never settles. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
  /** Applies the current configuration, or keeps the previous one if it is invalid. Reports the result itself. */
  reload?(): Promise<void>;
}

export interface SignalSource {
  once(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  on(signal: 'SIGHUP', listener: () => void): unknown;
}

/** The program must end within ten seconds after SIGTERM; this leaves time for the exit itself. */
const STOP_TIMEOUT_MS = 9_000;

/**
 * Runs a service until SIGTERM or SIGINT, then stops it. SIGHUP reloads the configuration. A signal during the start
 * stops the service as soon as it has started.
 * @throws the error that made the service fail, or not start
 */
export async function runUntilSignal(starting: Promise<Service>, signals: SignalSource, logger: Logger): Promise<void> {
  const signalled = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) signals.once(signal, () => resolve(signal));
  });
  const reload = async () => {
    const service = await starting;
    if (service.reload) return await service.reload();
    logger.info(
      'nothing to reload: changes of secrets and of the web configuration apply at once, all others after a restart',
    );
  };
  // The service reports the result of a reload itself.
  signals.on('SIGHUP', () => void reload().catch(() => undefined));
  const service = await starting;
  try {
    const signal = await Promise.race([service.failed, signalled]);
    logger.info({ signal }, 'stopping');
  } finally {
    const deadline = new Promise((resolve) => setTimeout(resolve, STOP_TIMEOUT_MS).unref());
    await Promise.race([service.stop(), deadline]);
  }
  logger.info('stopped');
}
