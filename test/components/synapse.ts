import { createHmac, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onFreePort } from '../../deploy/local/ports.ts';
import { type Server, startServer } from '../../deploy/local/process.ts';
import { pythonWithComponents } from './python-environment.ts';
import { homeserverConfig, type RateLimits } from './synapse-config.ts';

export interface Login {
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
}

/** A homeserver on loopback, without federation, over SQLite. */
export interface Synapse extends Server {
  readonly serverName: string;
  registerUser(name: string, password: string, admin?: boolean): Promise<{ userId: string }>;
  /** `user` is a name or a full user id. With the id of an existing device, that device gets a new token. */
  login(user: string, password: string, deviceId?: string): Promise<Login>;
}

export interface SynapseOptions {
  /** Empty or missing. Receives the configuration, keys and database, which `start()` of the result continues to use. */
  readonly directory: string;
  /** Defaults to a free port. */
  readonly port?: number;
  /** Defaults to `lifted`. */
  readonly rateLimits?: RateLimits;
}

const SERVER_NAME = 'synapse.test';

export async function startSynapse({ directory, port, rateLimits = 'lifted' }: SynapseOptions): Promise<Synapse> {
  const python = await pythonWithComponents();
  const registrationSecret = randomBytes(16).toString('hex');
  await mkdir(directory, { recursive: true });
  const signingKey = join(directory, 'signing.key');
  await writeFile(signingKey, `ed25519 a_test ${randomBytes(32).toString('base64').replaceAll('=', '')}\n`);
  const configFile = join(directory, 'homeserver.yaml');

  const startOn = async (chosen: number): Promise<Server> => {
    const config = homeserverConfig({
      serverName: SERVER_NAME,
      directory,
      signingKey,
      registrationSecret,
      rateLimits,
      port: chosen,
    });
    await writeFile(configFile, config);
    return startServer({
      name: 'Synapse',
      commands: [python],
      args: ['-m', 'synapse.app.homeserver', '-c', configFile],
      workingDirectory: directory,
      port: chosen,
      readyPath: '/_matrix/client/versions',
    });
  };
  const server = await (port === undefined ? onFreePort(startOn) : startOn(port));

  return {
    ...server,
    serverName: SERVER_NAME,
    registerUser: (name, password, admin = false) =>
      registerUser(server.url, registrationSecret, { name, password, admin }),
    login: (user, password, deviceId) => login(server.url, user, password, deviceId),
  };
}

interface NewUser {
  readonly name: string;
  readonly password: string;
  readonly admin: boolean;
}

async function registerUser(url: string, secret: string, user: NewUser): Promise<{ userId: string }> {
  const endpoint = `${url}/_synapse/admin/v1/register`;
  const { nonce } = await requestJson<{ nonce: string }>(endpoint);
  const signed = [nonce, user.name, user.password, user.admin ? 'admin' : 'notadmin'].join('\0');
  const mac = createHmac('sha1', secret).update(signed).digest('hex');
  const { name: username, password, admin } = user;
  const answer = await requestJson<{ user_id: string }>(endpoint, { nonce, username, password, admin, mac });
  return { userId: answer.user_id };
}

async function login(url: string, user: string, password: string, deviceId?: string): Promise<Login> {
  const answer = await requestJson<{ user_id: string; device_id: string; access_token: string }>(
    `${url}/_matrix/client/v3/login`,
    { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password, device_id: deviceId },
  );
  return { userId: answer.user_id, deviceId: answer.device_id, accessToken: answer.access_token };
}

/** Sends a body by POST, or GET without one. Trusts the shape of the response: the version of Synapse is pinned. */
async function requestJson<T>(url: string, body?: unknown): Promise<T> {
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`Synapse answered ${response.status} on ${new URL(url).pathname}: ${text}`);
  return JSON.parse(text) as T;
}
