import { join } from 'node:path';
import { transportFailure } from '@repo/common/outbound/http-answer';
import { createOutboundFetch } from '@repo/common/outbound/outbound';
import { NO_PROXIES } from '@repo/common/outbound/proxy';
import type { ClusterAccess } from './credential-source.ts';
import { CredentialError } from './credentials.ts';
import { readLoginFile } from './login-fields.ts';

/** Directory of a pod's ServiceAccount, with `token`, `ca.crt` and `namespace`. */
export const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';
const OUTSIDE_REMEDY = 'run the exporter in the cluster, with a ServiceAccount (automountServiceAccountToken)';
const LIMITS = { maxBytes: 4 * 1024 * 1024, timeoutMs: 10_000 };

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** Sends a request to the API of the pod's own cluster. @throws CredentialError if no complete answer arrives */
export type KubernetesApi = (method: 'GET' | 'PATCH', path: string, patch?: object) => Promise<ApiAnswer>;

/** The ServiceAccount is read at every call, because Kubernetes rotates its token every few hours. */
export function kubernetesApi({ apiServer }: ClusterAccess, serviceAccountDirectory: string): KubernetesApi {
  return async (method, path, patch) => {
    const projected = (name: string) => readLoginFile(join(serviceAccountDirectory, name), OUTSIDE_REMEDY);
    if (apiServer === undefined) {
      throw new CredentialError('no_credentials', `$KUBERNETES_SERVICE_HOST is not set; ${OUTSIDE_REMEDY}`);
    }
    const [token, ca] = [projected('token').trim(), projected('ca.crt')];
    try {
      await using fetch = createOutboundFetch({ ca, caOnly: true, proxies: NO_PROXIES, limits: LIMITS });
      const response = await fetch(`${apiServer}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${token}`,
          ...(patch ? { 'content-type': 'application/merge-patch+json' } : {}),
        },
        ...(patch ? { body: JSON.stringify(patch) } : {}),
        // Following one would send the token to another server.
        redirect: 'manual',
      });
      return { status: response.status, body: await response.text() };
    } catch (error) {
      const detail = `no answer from the Kubernetes API at ${apiServer}: ${transportFailure(error).detail}`;
      throw new CredentialError('unreadable_credentials', detail);
    }
  };
}

export function projectedNamespace(serviceAccountDirectory: string): string {
  return readLoginFile(join(serviceAccountDirectory, 'namespace'), `${OUTSIDE_REMEDY}, or set $K8S_NAMESPACE`).trim();
}
