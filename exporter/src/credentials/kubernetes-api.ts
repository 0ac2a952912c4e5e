import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { errorCode } from '@repo/common/outbound/http-answer';
import type { ClusterAccess } from './credential-source.ts';
import { CredentialError } from './credentials.ts';
import { readLoginFile } from './login-fields.ts';

/** Where Kubernetes puts a pod's ServiceAccount: `token`, `ca.crt` and `namespace`. */
export const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';
const OUTSIDE_REMEDY = 'the exporter has to run in the cluster, with a ServiceAccount (automountServiceAccountToken)';
const TIMEOUT_MS = 10_000;

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** Asks the API of the pod's own cluster. @throws CredentialError when no answer comes */
export type KubernetesApi = (method: 'GET' | 'PATCH', path: string, patch?: object) => Promise<ApiAnswer>;

/** The pod's ServiceAccount is read at every call, because Kubernetes renews its token every few hours. */
export function kubernetesApi({ apiServer }: ClusterAccess, serviceAccountDirectory: string): KubernetesApi {
  return async (method, path, patch) => {
    const projected = (name: string) => readLoginFile(join(serviceAccountDirectory, name), OUTSIDE_REMEDY);
    if (apiServer === undefined) {
      throw new CredentialError('no_credentials', `$KUBERNETES_SERVICE_HOST is not set; ${OUTSIDE_REMEDY}`);
    }
    const [token, ca] = [projected('token').trim(), projected('ca.crt')];
    try {
      return await send(`${apiServer}${path}`, { method, token, ca, body: patch && JSON.stringify(patch) });
    } catch (error) {
      const detail = `the Kubernetes API at ${apiServer} can't be reached (${errorCode(error)})`;
      throw new CredentialError('unreadable_credentials', detail);
    }
  };
}

export function projectedNamespace(serviceAccountDirectory: string): string {
  return readLoginFile(
    join(serviceAccountDirectory, 'namespace'),
    `${OUTSIDE_REMEDY}, or $K8S_NAMESPACE be set`,
  ).trim();
}

interface Call {
  readonly method: string;
  readonly token: string;
  readonly ca: string;
  readonly body: string | undefined;
}

// Not fetch: it can't be given the cluster's CA.
async function send(url: string, { method, token, ca, body }: Call): Promise<ApiAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>();
  const headers = {
    accept: 'application/json',
    authorization: `Bearer ${token}`,
    ...(body === undefined ? {} : { 'content-type': 'application/merge-patch+json' }),
  };
  const outgoing = request(url, {
    method,
    ca,
    // Without this line NODE_TLS_REJECT_UNAUTHORIZED=0 would turn verification off.
    rejectUnauthorized: true,
    headers,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    agent: false,
  });
  outgoing.once('error', reject);
  outgoing.once('response', (response) => {
    text(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject);
  });
  outgoing.end(body);
  return promise;
}
