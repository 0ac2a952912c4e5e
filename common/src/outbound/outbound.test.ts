import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthority, type Issued } from '../../test/certificates.ts';
import { startProxy } from '../../test/proxy.ts';
import { parseConfig } from '../config.ts';
import { describeError } from '../logger.ts';
import { ConnectionFailure, quotesUntrustedCertificate } from './connection-failure.ts';
import { createOutboundFetch, outboundSchema } from './outbound.ts';
import { readProxySettings } from './proxy.ts';

const running = new AsyncDisposableStack();
let directory: string;
let ca: string;
let secure: number;
let plain: number;
let proxyTls: { cert: Buffer; key: Buffer };
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'outbound-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  const authority = createAuthority(directory);
  ca = readFileSync(authority.certFile, 'utf8');
  const pem = ({ certFile, keyFile }: Issued) => ({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
  const server = pem(authority.issue('server', 'IP:127.0.0.1,DNS:api.example'));
  proxyTls = pem(authority.issue('proxy', 'DNS:localhost'));
  const start = async (started: Server) => {
    started.on('request', (request, response) => response.end(`answer to ${request.method} ${request.url}`));
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    running.defer(async () => {
      const closed = new Promise((resolve) => started.close(resolve));
      started.closeAllConnections();
      await closed;
    });
    return (started.address() as AddressInfo).port;
  };
  secure = await start(createHttpsServer(server));
  plain = await start(createHttpServer());
});
afterAll(() => running.disposeAsync());

const outbound = (env: Record<string, string> = {}) =>
  createOutboundFetch({ ca, proxies: readProxySettings(env, 'test') });
const untrusting = createOutboundFetch({ ca: undefined, proxies: readProxySettings({}, 'test') });
const read = async (answer: Promise<Response>) => (await answer).text();

async function failureOf(answer: Promise<Response>): Promise<ConnectionFailure> {
  const error = await answer.catch((reason: unknown) => reason);
  if (error instanceof ConnectionFailure) return error;
  throw new Error(`no ConnectionFailure: ${inspect(error)}`);
}

test('a server whose certificate comes from ca_file is believed; another one is not, and that is its own reason', async () => {
  const url = `https://127.0.0.1:${secure}/path`;
  expect(await read(outbound()(url, { method: 'PUT', body: 'x' }))).toBe('answer to PUT /path');
  const failure = await failureOf(untrusting(url));
  expect(failure).toMatchObject({
    reason: 'untrusted_certificate',
    message: "the server's certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
  });
  expect(quotesUntrustedCertificate(`fetch failed: ${failure.message}`)).toBe(true);
});

test('caOnly trusts no other authority', async () => {
  const url = `https://127.0.0.1:${secure}/path`;
  const settings = { caOnly: true, proxies: readProxySettings({}, 'test') };
  expect(await read(createOutboundFetch({ ca, ...settings })(url))).toBe('answer to GET /path');
  expect(await failureOf(createOutboundFetch({ ca: undefined, ...settings })(url))).toMatchObject({
    reason: 'untrusted_certificate',
  });
});

test('every answer has a size limit', async () => {
  const limits = { maxBytes: 10, timeoutMs: 60_000 };
  const fetch = createOutboundFetch({ ca, proxies: readProxySettings({}, 'test'), limits });
  await expect(read(fetch(`https://127.0.0.1:${secure}/path`))).rejects.toMatchObject({ reason: 'too_large' });
});

test('disposing closes the connections', async () => {
  const fetch = outbound();
  expect(await read(fetch(`https://127.0.0.1:${secure}/path`))).toBe('answer to GET /path');
  await fetch[Symbol.asyncDispose]();
  await expect(fetch(`https://127.0.0.1:${secure}/path`)).rejects.toMatchObject({ reason: 'unreachable' });
});

test('a certificate for another name is not trusted', async () => {
  expect(await failureOf(outbound()(`https://localhost:${secure}`))).toMatchObject({
    reason: 'untrusted_certificate',
    message: "the server's certificate is not trusted (ERR_TLS_CERT_ALTNAME_INVALID)",
  });
});

test('NODE_TLS_REJECT_UNAUTHORIZED does not turn verification off', async () => {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  try {
    expect(await failureOf(outbound()(`https://localhost:${secure}`))).toMatchObject({
      reason: 'untrusted_certificate',
    });
  } finally {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  }
});

test('a server that is not there is unreachable', async () => {
  const free = createHttpServer();
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const failure = await failureOf(outbound()(`https://127.0.0.1:${port}`));
  expect(failure).toMatchObject({ reason: 'unreachable', message: 'the server cannot be reached (ECONNREFUSED)' });
  expect(quotesUntrustedCertificate(failure.message)).toBe(false);
});

test('what the caller aborts is thrown as it is', async () => {
  const reason = new Error('stopping');
  const answer = outbound()(`https://127.0.0.1:${secure}`, { signal: AbortSignal.abort(reason) });
  await expect(answer).rejects.toBe(reason);
});

test('HTTPS_PROXY: a tunnel, by the credentials of the variable, to a server that is verified', async () => {
  await using proxy = await startProxy(secure, { credentials: 'me:pass' });
  const fetch = outbound({ HTTPS_PROXY: `http://me:pass@localhost:${proxy.port}` });
  expect(await read(fetch('https://api.example/path'))).toBe('answer to GET /path');
  expect((await failureOf(fetch('https://other.example/path'))).reason).toBe('untrusted_certificate');
  expect(proxy.requests).toEqual(['CONNECT api.example:443', 'CONNECT other.example:443']);
});

test('HTTPS_PROXY: the proxy itself may speak TLS, and is verified', async () => {
  await using proxy = await startProxy(secure, { tls: proxyTls });
  const through = (host: string) =>
    outbound({ HTTPS_PROXY: `https://${host}:${proxy.port}` })('https://api.example/path');
  expect(await read(through('localhost'))).toBe('answer to GET /path');
  expect((await failureOf(through('127.0.0.1'))).reason).toBe('untrusted_certificate');
  expect(proxy.requests).toEqual(['CONNECT api.example:443']);
});

test('HTTP_PROXY: the proxy is asked for the whole address', async () => {
  await using proxy = await startProxy(plain, { credentials: 'me:pass' });
  const fetch = outbound({ HTTP_PROXY: `http://me:pass@localhost:${proxy.port}`, NO_PROXY: 'direct.example' });
  expect(await read(fetch('http://api.example/path'))).toBe('answer to GET /path');
  expect(await read(fetch(`http://127.0.0.1:${plain}/path`))).toBe('answer to GET /path');
  expect(proxy.requests).toEqual(['GET http://api.example/path']);
});

test.each(['http', 'https'])("no failure by way of a proxy of %s tells the proxy's password", async (protocol) => {
  await using proxy = await startProxy(secure, { credentials: 'me:other' });
  const through = (address: string) =>
    failureOf(outbound({ HTTP_PROXY: address, HTTPS_PROXY: address })(`${protocol}://api.example`));
  const refused = protocol === 'https' ? await through(`http://me:hunter2@localhost:${proxy.port}`) : undefined;
  if (refused) expect(refused).toMatchObject({ reason: 'unreachable', message: 'the proxy answers 407' });
  const gone = await through('http://me:hunter2@localhost:1');
  expect(gone).toMatchObject({ reason: 'unreachable', message: 'the server cannot be reached (ECONNREFUSED)' });
  for (const failure of [refused, gone]) expect(inspect(failure) + describeError(failure)).not.toContain('hunter2');
});

test('ca_file is read with the configuration', () => {
  const parse = (text: string) => parseConfig(outboundSchema({ directory, env: {} }), text, 'config.yaml');
  writeFileSync(join(directory, 'bundle.pem'), `# our CAs\n${ca}\n${ca}`);
  writeFileSync(join(directory, 'broken.pem'), `${ca}\n${ca.replace(/\n.{9}/, '\n')}`);
  expect(parse('ca_file: ca.pem')).toEqual({ ca_file: ca });
  expect(parse('ca_file: bundle.pem').ca_file).toContain('# our CAs');
  for (const name of ['nowhere.pem', 'broken.pem', 'ca.key']) {
    expect(() => parse(`ca_file: ${name}`)).toThrow(
      `config.yaml: 1 problem\n  ca_file: "${name}" must be a readable file of certificates in PEM`,
    );
  }
});
