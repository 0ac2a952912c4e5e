import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@repo/common/logger';
import { OPEN_WEB_CONFIG } from '@repo/common/web/web-config';
import { type Bridge, startBridge } from '../../bridge/src/app.ts';
import { readConfig } from '../../bridge/src/config.ts';
import { writeBridgeConfig } from './bridge-process.ts';
import type { MatrixRoom } from './matrix-room.ts';

/** Starts the bridge inside the test's process, for what cannot be seen or set from outside. */
export async function startBridgeInProcess(
  home: string,
  room: MatrixRoom,
  { log = () => {}, retryDelay = () => 10 }: { log?: (line: string) => void; retryDelay?: () => number } = {},
): Promise<Bridge> {
  const configFile = writeBridgeConfig(home, room);
  const storagePath = join(home, 'data');
  const context = { directory: home, env: {} };
  return await startBridge(
    readConfig(readFileSync(configFile, 'utf8'), configFile, context, storagePath),
    { storagePath, web: { addresses: [{ host: '127.0.0.1', port: 0 }], config: () => OPEN_WEB_CONFIG } },
    {
      logger: createLogger({ level: 'debug', format: 'logfmt', write: log }),
      fetch: globalThis.fetch,
      now: Date.now,
      newId: () => crypto.randomUUID(),
      sleep: (ms, signal) => sleep(ms, undefined, { signal }),
      retryDelay,
      terminal: () => {},
      nodeVersion: process.version,
    },
  );
}
