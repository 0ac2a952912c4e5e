import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, fetch, ProxyAgent } from 'undici';
import { z } from 'zod';
import { type ConfigContext, pathSchema, section } from '../config.ts';
import { toConnectionFailure } from './connection-failure.ts';
import { type ProxySettings, proxyFor } from './proxy.ts';

/** How a program reaches other servers. */
export interface OutboundSettings {
  /** Certificates in PEM that are trusted besides those of the system and of Node. */
  readonly ca: string | null | undefined;
  readonly proxies: ProxySettings;
}

/** The section `http` of both configurations; gives the certificates of its `ca_file`. */
export function outboundSchema(context: ConfigContext) {
  const caFile = pathSchema(context).transform((path, refinement) => {
    const ca = readCertificates(path);
    if (ca !== undefined) return ca;
    refinement.addIssue('is no readable file of certificates in PEM');
    return z.NEVER;
  });
  return section({
    ca_file: caFile
      .nullish()
      .describe(
        "Certificates in PEM that are trusted besides those of the system and of Node: your company's proxy's, for example.",
      ),
  });
}

/**
 * A `fetch` that verifies every server by the certificates of the system, of Node and of `ca_file`, and goes through the
 * proxies of the environment. What gets no answer is thrown as a ConnectionFailure, unless the caller has aborted it.
 */
export function createOutboundFetch({ ca, proxies }: OutboundSettings): typeof globalThis.fetch {
  const trusted = new Set([...getCACertificates('default'), ...getCACertificates('system'), ...(ca ? [ca] : [])]);
  const tls = {
    // Made once: hundreds of certificates are read for it.
    secureContext: createSecureContext({ ca: [...trusted] }),
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

  const outboundFetch = async (input: string | URL, init: Parameters<typeof fetch>[1] = {}) => {
    try {
      return await fetch(input, { ...init, dispatcher: dispatcherFor(new URL(input)) });
    } catch (error) {
      if (init?.signal?.aborted) throw error;
      throw toConnectionFailure(error);
    }
  };
  // The library's types and those of Node describe the same standard, each by names of its own.
  return outboundFetch as typeof globalThis.fetch;
}

function readCertificates(path: string): string | undefined {
  try {
    const pem = readFileSync(path, 'utf8');
    for (const [certificate] of pem.matchAll(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs)) {
      new X509Certificate(certificate);
    }
    return pem.includes('-----BEGIN CERTIFICATE-----') ? pem : undefined;
  } catch {
    return undefined;
  }
}
