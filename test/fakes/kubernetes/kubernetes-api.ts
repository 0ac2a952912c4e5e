import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createAuthority } from '@repo/common/test/certificates';
import { z } from 'zod';

const NAMESPACE = 'usage';
export const SECRET_NAME = 'claude-login';

const patchSchema = z.strictObject({
  metadata: z.strictObject({
    resourceVersion: z.string().optional(),
    annotations: z.record(z.string(), z.string().nullable()).optional(),
  }),
  data: z.record(z.string(), z.base64().nullable()).optional(),
});
export type Patch = z.output<typeof patchSchema>;

export interface FakeKubernetes {
  readonly host: string;
  readonly port: number;
  /** Directory that a pod has at /var/run/secrets/kubernetes.io/serviceaccount. */
  readonly serviceAccountDirectory: string;
  /** The Secret's values in clear text. */
  values(): Record<string, string>;
  annotations(): Record<string, string>;
  /** Changes the Secret as another client would. */
  edit(values: Record<string, string>, annotations?: Record<string, string>): void;
  /** The verbs that the Role allows for the Secret. */
  allow(...verbs: readonly Verb[]): void;
  /** Gives the ServiceAccount a new token, and refuses the old one. */
  rotateToken(): void;
  /** Called with each patch before it is applied. */
  onPatch(listener: (patch: Patch) => void): void;
  /** Verb and status of every answer. */
  log(): readonly string[];
  close(): Promise<void>;
}

type Verb = 'get' | 'patch';

/** Plays the API server of a cluster that holds one Secret, over HTTPS with its own certificate authority. */
export async function startFakeKubernetes(directory: string, initial: Record<string, string>): Promise<FakeKubernetes> {
  const path = `/api/v1/namespaces/${NAMESPACE}/secrets/${SECRET_NAME}`;
  const serviceAccountDirectory = join(directory, 'serviceaccount');
  mkdirSync(serviceAccountDirectory, { recursive: true });
  const authority = createAuthority(directory, 'cluster-ca');
  const { certFile, keyFile } = authority.issue('apiserver', 'IP:127.0.0.1');
  const project = (name: string, content: string) => writeFileSync(join(serviceAccountDirectory, name), content);
  project('ca.crt', readFileSync(authority.certFile, 'utf8'));
  project('namespace', NAMESPACE);

  let tokens = 0;
  let version = 100;
  let data = encode(initial);
  let annotations: Record<string, string> = {};
  let verbs: readonly Verb[] = ['get', 'patch'];
  let listener: (patch: Patch) => void = () => {};
  const answers: string[] = [];
  const currentToken = () => `service-account-token-${tokens}`;
  const rotateToken = () => {
    tokens += 1;
    project('token', `${currentToken()}\n`);
  };
  rotateToken();

  const secret = () => ({
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: { name: SECRET_NAME, namespace: NAMESPACE, resourceVersion: String(version), annotations },
    data,
    type: 'Opaque',
  });

  async function decide(request: IncomingMessage): Promise<[number, object]> {
    const verb = request.method === 'PATCH' ? 'patch' : 'get';
    const body = await text(request);
    if (request.headers.authorization !== `Bearer ${currentToken()}`) return [401, failure('Unauthorized')];
    if (request.url !== path) return [404, failure('NotFound')];
    if (!verbs.includes(verb)) return [403, failure('Forbidden')];
    if (verb === 'get') return [200, secret()];
    if (request.headers['content-type'] !== 'application/merge-patch+json')
      return [415, failure('UnsupportedMediaType')];
    const patch = patchSchema.safeParse(JSON.parse(body));
    if (!patch.success) return [422, failure('Invalid')];
    listener(patch.data);
    const { resourceVersion } = patch.data.metadata;
    if (resourceVersion !== undefined && resourceVersion !== String(version)) return [409, failure('Conflict')];
    annotations = merge(annotations, patch.data.metadata.annotations);
    data = merge(data, patch.data.data);
    version += 1;
    return [200, secret()];
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, body] = await decide(request);
    answers.push(`${request.method} ${status}`);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    serviceAccountDirectory,
    values: () => decode(data),
    annotations: () => annotations,
    edit(values, more = {}) {
      data = { ...data, ...encode(values) };
      annotations = { ...annotations, ...more };
      version += 1;
    },
    allow(...allowed) {
      verbs = allowed;
    },
    rotateToken,
    onPatch(called) {
      listener = called;
    },
    log: () => answers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** JSON merge patch (RFC 7396) of one level: null takes a key away, what is left out stays. */
function merge(target: Record<string, string>, patch: Record<string, string | null> = {}): Record<string, string> {
  const merged = Object.entries({ ...target, ...patch });
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== null));
}

function encode(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}

function decode(data: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}

function failure(reason: string) {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason };
}
