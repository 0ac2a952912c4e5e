import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, fetch, ProxyAgent } from 'undici';
import { z } from 'zod';
import { type ConfigContext, pathSchema, section } from '../config.ts';
import { readTextFile } from '../text-file.ts';
import { type AnswerLimits, limitAnswers } from './answer-limits.ts';
import { type ProxySettings, proxyFor } from './proxy.ts';

/** Settings for requests to other servers. */
export interface OutboundSettings {
  /** Certificates in PEM to trust in addition to those of the system and of Node. */
  readonly ca: string | null | undefined;
  readonly proxies: ProxySettings;
  /** Trusts the certificates in `ca` alone. */
  readonly caOnly?: boolean;
  readonly limits?: AnswerLimits;
}

/** A `fetch` with its own connections, which disposing of it closes. */
export type OutboundFetch = typeof globalThis.fetch & AsyncDisposable;

/** Bounds of an answer where the caller sets none. */
const DEFAULT_LIMITS: AnswerLimits = { maxBytes: 64 * 1024 * 1024, timeoutMs: 120_000 };

/** The section `http` of both configurations; gives the certificates of its `ca_file`. */
export function outboundSchema(context: ConfigContext) {
  const caFile = pathSchema(context).transform((path, refinement) => {
    const ca = readCertificates(path);
    if (ca !== undefined) return ca;
    refinement.addIssue('must be a readable file of certificates in PEM');
    return z.NEVER;
  });
  return section({
    ca_file: caFile
      .nullish()
      .describe(
        "Certificates in PEM to trust in addition to those of the system and of Node, such as your company proxy's CA.",
      ),
  });
}

/**
 * Returns a `fetch` that verifies every server, uses the proxies of the environment, and limits every answer. A request
 * without a complete answer rejects with a ConnectionFailure, unless the caller has aborted it.
 */
export function createOutboundFetch({
  ca,
  proxies,
  caOnly = false,
  limits = DEFAULT_LIMITS,
}: OutboundSettings): OutboundFetch {
  const own = ca ? [ca] : [];
  const trusted = caOnly ? own : [...getCACertificates('default'), ...getCACertificates('system'), ...own];
  const tls = {
    // Created once: it parses hundreds of certificates.
    secureContext: createSecureContext({ ca: [...new Set(trusted)] }),
    // Without this line NODE_TLS_REJECT_UNAUTHORIZED=0 would turn verification off.
    rejectUnauthorized: true,
  };
  const direct = new Agent({ connect: tls });
  const throughProxies = new Map<string, Dispatcher>();

  function dispatcherFor(target: URL): Dispatcher {
    const proxy = proxyFor(target, proxies);
    if (proxy === undefined) return direct;
    // A tunnel is for what the proxy must not read; many proxies refuse it for anything else.
    const proxyTunnel = target.protocol === 'https:';
    const key = `${proxyTunnel} ${proxy.href}`;
    const known =
      throughProxies.get(key) ?? new ProxyAgent({ uri: proxy.href, requestTls: tls, proxyTls: tls, proxyTunnel });
    throughProxies.set(key, known);
    return known;
  }

  const outboundFetch = (input: string | URL, init: Parameters<typeof fetch>[1] = {}) =>
    fetch(input, { ...init, dispatcher: dispatcherFor(new URL(input)) });
  // The library's types and those of Node describe the same standard under different names.
  return Object.assign(limitAnswers(outboundFetch as typeof globalThis.fetch, limits), {
    async [Symbol.asyncDispose]() {
      await Promise.all([direct, ...throughProxies.values()].map((dispatcher) => dispatcher.destroy()));
    },
  });
}

function readCertificates(path: string): string | undefined {
  try {
    const pem = readTextFile(path);
    for (const [certificate] of pem.matchAll(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs)) {
      new X509Certificate(certificate);
    }
    return pem.includes('-----BEGIN CERTIFICATE-----') ? pem : undefined;
  } catch {
    return undefined;
  }
}
