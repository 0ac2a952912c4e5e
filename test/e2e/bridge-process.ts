import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onFreePort } from '../../deploy/local/ports.ts';
import { type Server, startServer } from '../../deploy/local/process.ts';
import type { Login } from '../components/synapse.ts';

export const WEBHOOK_TOKEN = 'webhook-token-of-the-tests';
export const BRIDGE_MAIN = fileURLToPath(new URL('../../bridge/src/main.ts', import.meta.url));

export interface BridgeSettings {
  readonly homeserverUrl: string;
  readonly roomId: string;
  readonly login: Login;
}

/** Writes a configuration and the files it refers to. Returns the path of the configuration. */
export function writeBridgeConfig(directory: string, { homeserverUrl, roomId, login }: BridgeSettings): string {
  mkdirSync(directory, { recursive: true });
  const files = {
    storage_key: randomBytes(32).toString('base64'),
    access_token: login.accessToken,
    webhook_token: WEBHOOK_TOKEN,
    'config.yaml': `
matrix:
  homeserver_url: ${homeserverUrl}
  user_id: "${login.userId}"
  device_id: ${login.deviceId}
  access_token: {file: access_token}
  storage_key: {file: storage_key}
rooms:
  ops: {id: "${roomId}"}
webhook:
  bearer_tokens: [{file: webhook_token}]
`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return join(directory, 'config.yaml');
}

export function bridgeArguments(directory: string, port: number): string[] {
  return [
    '--config.file',
    join(directory, 'config.yaml'),
    '--storage.path',
    join(directory, 'data'),
    '--web.listen-address',
    `127.0.0.1:${port}`,
    '--log.level',
    'debug',
  ];
}

/** Starts the bridge as a separate process in the directory of {@link writeBridgeConfig}. */
export function startBridgeProcess(directory: string, readyPath = '/-/ready'): Promise<Server> {
  return onFreePort((port) =>
    startServer({
      name: 'the bridge',
      commands: [process.execPath],
      args: [BRIDGE_MAIN, ...bridgeArguments(directory, port)],
      workingDirectory: directory,
      port,
      readyPath,
    }),
  );
}
