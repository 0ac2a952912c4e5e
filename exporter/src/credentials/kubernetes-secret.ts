import { z } from 'zod';
import type { ClusterAccess } from './credential-source.ts';
import { CredentialError } from './credentials.ts';
import { type ApiAnswer, kubernetesApi, projectedNamespace } from './kubernetes-api.ts';
import {
  type ClaimedLogin,
  changedParts,
  type LoginStore,
  parseStoredLogin,
  type StoredLogin,
} from './refresh/login-store.ts';

/** Annotation with the exporter that is refreshing the login, and the end of its claim: `HOLDER UNTIL`. */
const CLAIM = 'claude-usage-exporter/refreshing';
/** Longer than a refresh with all its timeouts, so that a claim only expires if its holder has crashed. */
const CLAIM_MS = 120_000;

const secretSchema = z.object({
  metadata: z.object({ resourceVersion: z.string(), annotations: z.record(z.string(), z.string()).nullish() }),
  data: z.record(z.string(), z.string()).nullish(),
});
type Secret = z.output<typeof secretSchema>;

export interface SecretPorts {
  readonly now: () => number;
  readonly serviceAccountDirectory: string;
  /** Identifies this exporter among those that may refresh the same login. */
  readonly holder: string;
}

/** A login in a Kubernetes Secret, with one key for each part. Only those keys are written. */
export function kubernetesSecret(name: string, cluster: ClusterAccess, ports: SecretPorts): LoginStore {
  const { now, serviceAccountDirectory, holder } = ports;
  const ask = kubernetesApi(cluster, serviceAccountDirectory);
  const namespace = () => cluster.namespace ?? projectedNamespace(serviceAccountDirectory);
  const place = `the Secret ${cluster.namespace === undefined ? name : `${cluster.namespace}/${name}`}`;
  const path = () => `/api/v1/namespaces/${encodeURIComponent(namespace())}/secrets/${encodeURIComponent(name)}`;

  async function get(): Promise<Secret> {
    return parseSecret(accepted(await ask('GET', path()), 'get', place), place);
  }

  /** Changes the Secret; returns `undefined` if somebody has changed it since it was read. */
  async function patch({ metadata }: Secret, claim: string | null, data?: object): Promise<Secret | undefined> {
    const { resourceVersion } = metadata;
    const change = { metadata: { resourceVersion, annotations: { [CLAIM]: claim } }, ...(data ? { data } : {}) };
    const answer = await ask('PATCH', path(), change);
    return answer.status === 409 ? undefined : parseSecret(accepted(answer, 'patch', place), place);
  }

  return {
    place,
    read: async () => parseLogin(await get(), place),
    async claim(): Promise<ClaimedLogin | undefined> {
      const before = await get();
      if (isClaimed(before, holder, now())) return undefined;
      let current = await patch(before, `${holder} ${now() + CLAIM_MS}`);
      if (!current) return undefined;
      return {
        async read() {
          current = await get();
          return parseLogin(current, place);
        },
        async write(tokens) {
          const parts = changedParts(tokens).map(([part, text]) => [part, Buffer.from(text).toString('base64')]);
          const written = current && (await patch(current, null, Object.fromEntries(parts)));
          if (written) current = written;
          return written !== undefined;
        },
        async [Symbol.asyncDispose]() {
          if (!current?.metadata.annotations?.[CLAIM]) return;
          // A failure costs a wait, not the login: the claim expires.
          await patch(current, null).catch(() => undefined);
        },
      };
    },
  };
}

function isClaimed({ metadata }: Secret, holder: string, now: number): boolean {
  const [by, until] = metadata.annotations?.[CLAIM]?.split(' ') ?? [];
  // A claim that ends later than possible was made by another clock.
  return by !== undefined && by !== holder && Number(until) > now && Number(until) <= now + 2 * CLAIM_MS;
}

function parseLogin({ data }: Secret, place: string): StoredLogin {
  const part = (key: string) => (data?.[key] === undefined ? undefined : Buffer.from(data[key], 'base64').toString());
  return parseStoredLogin(part, (key) => `${key} of ${place}`);
}

function parseSecret(body: string, place: string): Secret {
  try {
    return secretSchema.parse(JSON.parse(body));
  } catch {
    throw new CredentialError(
      'malformed_credentials',
      `the answer of the Kubernetes API about ${place} is not a Secret`,
    );
  }
}

function accepted({ status, body }: ApiAnswer, verb: string, place: string): string {
  if (status === 200) return body;
  if (status === 404) throw new CredentialError('no_credentials', `${place} does not exist`);
  const because: Record<number, string> = {
    401: "the Kubernetes API rejects the ServiceAccount's token (401)",
    403: `the ServiceAccount is not allowed to ${verb} it (403); its Role needs the verbs get and patch for this Secret`,
  };
  const detail = because[status] ?? `the Kubernetes API answers with status ${status}`;
  throw new CredentialError(
    'unreadable_credentials',
    `${place} cannot be ${verb === 'get' ? 'read' : 'changed'}: ${detail}`,
  );
}
