import { BlockList, isIP } from 'node:net';
import { type ConfigContext, ConfigError } from '../config.ts';
import type { FieldProblem } from '../field-problem.ts';
import { isLoopback } from '../loopback.ts';

/** The proxies of the environment. */
export interface ProxySettings {
  /** Proxies by the protocol of the requested address. */
  readonly http: URL | undefined;
  readonly https: URL | undefined;
  /** Entries of `NO_PROXY`. */
  readonly exceptions: readonly string[];
}

export const NO_PROXIES: ProxySettings = { http: undefined, https: undefined, exceptions: [] };

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, overridden by their names in lower case.
 * @throws ConfigError with the names of invalid variables, but not their values
 */
export function readProxySettings(env: ConfigContext['env'], source: string): ProxySettings {
  const problems: FieldProblem[] = [];
  const proxy = (name: string): URL | undefined => {
    const variable = env[name.toLowerCase()] ? name.toLowerCase() : name;
    const text = env[variable];
    if (!text) return undefined;
    const url = text.includes('://') ? text : `http://${text}`;
    if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return new URL(url);
    const message = 'must be the address of an http or https proxy, like http://proxy.example:3128';
    problems.push({ path: `environment variable ${variable}`, message });
    return undefined;
  };
  const settings = {
    http: proxy('HTTP_PROXY'),
    https: proxy('HTTPS_PROXY'),
    exceptions: (env.no_proxy || env.NO_PROXY || '')
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((entry) => entry !== ''),
  };
  if (problems.length > 0) throw new ConfigError(source, problems);
  return settings;
}

/**
 * Returns the proxy for an address, or `undefined` for a direct connection. Exceptions have Prometheus' meaning: a domain
 * with its subdomains, `.domain` for the subdomains only, an IP address, a network in CIDR notation, each with an optional
 * port, or `*`. Loopback addresses never use a proxy.
 */
export function proxyFor(target: URL, { http, https, exceptions }: ProxySettings): URL | undefined {
  const proxy = target.protocol === 'https:' ? https : http;
  const host = target.hostname.toLowerCase().replace(/^\[|\]$|\.$/g, '');
  if (proxy === undefined || isLoopback(host)) return undefined;
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  return exceptions.some((entry) => isException(entry, host, port)) ? undefined : proxy;
}

function isException(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInNetwork(entry, host);
  const [, bracketed, plain, entryPort] =
    /^(?:\[([^\]]*)\]|(.*?))(?::(\d+))?$/.exec(isIP(entry) ? `[${entry}]` : entry) ?? [];
  if (entryPort !== undefined && entryPort !== port) return false;
  const name = (bracketed ?? plain ?? '').replace(/^\*(?=\.)/, '');
  return host === name || (isIP(host) === 0 && name !== '' && host.endsWith(name.startsWith('.') ? name : `.${name}`));
}

function isInNetwork(entry: string, host: string): boolean {
  const [network = '', length] = entry.split('/');
  const [family, version] = [isIP(network), isIP(host)];
  if (family === 0 || family !== version || !/^\d{1,3}$/.test(length ?? '')) return false;
  const prefix = Number(length);
  if (prefix > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, prefix, type);
  return list.check(host, type);
}
