import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { hashSync } from 'bcryptjs';
import express from 'express';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createAuthority, type Issued, type TestAuthority } from '../../test/certificates.ts';
import { request } from '../../test/request.ts';
import { createLogger } from '../logger.ts';
import { isIdentified } from './caller.ts';
import { type ServeOptions, serve } from './serve.ts';
import { OPEN_WEB_CONFIG, parseWebConfig, type WebConfig } from './web-config.ts';
import type { WebServer } from './web-server.ts';

let directory: string;
let authority: TestAuthority;
let [prometheus, foreign]: Issued[] = [];
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'serve-'));
  authority = createAuthority(directory);
  authority.issue('server', 'DNS:localhost,IP:127.0.0.1');
  prometheus = authority.issue('prometheus', 'DNS:prometheus.example,URI:spiffe://a,IP:10.0.0.1');
  foreign = createAuthority(directory, 'other-ca').issue('foreign', 'DNS:prometheus.example');
});
afterAll(() => rmSync(directory, { recursive: true }));

const servers: WebServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const parse = (text: string) => parseWebConfig(text, 'web.yml', { directory, env: {} });
const TLS = 'cert_file: server.pem, key_file: server.key';
const USERS = `basic_auth_users: {alice: "${hashSync('wonderland', 4)}", jörg: "${hashSync('straße', 4)}"}`;

/** A server that tells whether its caller has proved who it is. */
async function start(config: WebConfig | (() => WebConfig), hasOwnCredential?: ServeOptions['hasOwnCredential']) {
  const app = express().get('/{*path}', (incoming, response) => {
    response.send(isIdentified(incoming) ? 'identified' : 'anonymous');
  });
  const log: string[] = [];
  const server = await serve(
    app,
    { addresses: [{ host: '127.0.0.1', port: 0 }], config: typeof config === 'function' ? config : () => config },
    {
      logger: createLogger({ level: 'info', format: 'logfmt', write: (line) => log.push(line) }),
      hasOwnCredential: hasOwnCredential ?? (() => false),
    },
  );
  servers.push(server);
  const get = async (headers: Record<string, string> = {}, client?: Issued) => {
    const tls = client && { cert: readFileSync(client.certFile), key: readFileSync(client.keyFile) };
    const { status, text } = await request(server.url, { headers, ca: readFileSync(authority.certFile), ...tls });
    return status === 200 ? text : { status, ...(JSON.parse(text) as object) };
  };
  return { ...server, get, log };
}

const basic = (credentials: string) => ({ authorization: `Basic ${Buffer.from(credentials).toString('base64')}` });
const forbidden = (detail: string) => ({ status: 403, title: 'Forbidden', detail });
const UNAUTHORIZED = {
  status: 401,
  title: 'Unauthorized',
  detail: 'the Authorization header contains no user of basic_auth_users',
};

describe('without a web configuration', () => {
  test.each(['localhost', 'LOCALHOST:10085', '127.0.0.1:1', '[::1]:10085', '192.168.1.2', 'exporter.localhost'])(
    'a reader that addresses %s is answered',
    async (host) => {
      const { get } = await start(OPEN_WEB_CONFIG);
      expect(await get({ host })).toBe('anonymous');
    },
  );

  test.each([
    'evil.example',
    'localhost.evil.example:10085',
    '127.0.0.1.evil.example',
    '@',
    'localhost:99999',
    'localhost#x.evil',
    'localhost/x.evil',
    'localhost?x.evil',
    'localhost\\\\x.evil',
    'evil@localhost',
    'localhost%2ex.evil',
    '127.1',
    '2130706433',
    '[::1]evil',
  ])('a page that has given our address the name %j reads nothing', async (host) => {
    const { get } = await start(OPEN_WEB_CONFIG);
    expect(await get({ host })).toEqual({
      status: 421,
      title: 'Misdirected request',
      detail:
        'without a credential, the Host header must be localhost or an IP address, so that no web page can read this under its own name. Require a credential in --web.config.file, or let your proxy set the header',
    });
  });
});

test.each([{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }])(
  'a web page of another origin (%j) posts nothing, not even where anyone may post; it may ask what it can not read',
  async (headers) => {
    const { url } = await start(OPEN_WEB_CONFIG, () => true);
    const send = (method: string) => request(url, { method, headers });
    expect(await send('POST')).toMatchObject({
      status: 403,
      text: '{"title":"Forbidden","detail":"cross-origin browser requests must not change anything"}',
    });
    expect((await send('DELETE')).status).toBe(403);
    const read = await send('GET');
    expect(read.status).toBe(200);
    expect(read.headers).not.toHaveProperty('access-control-allow-origin');
  },
);

describe('basic_auth_users', () => {
  test('a user with its password is let in and is known to be someone, on every path', async () => {
    const { get, url } = await start(parse(USERS));
    expect(await get(basic('alice:wonderland'))).toBe('identified');
    expect(await get(basic('jörg:straße'))).toBe('identified');
    expect(await get({ ...basic('alice:wonderland'), host: 'any.example' })).toBe('identified');
    expect((await request(`${url}/-/healthy`)).status).toBe(401);
  });

  test.each([
    {},
    basic('alice:wrong'),
    basic('alice'),
    basic('mallory:wonderland'),
    { authorization: 'Bearer wonderland' },
    { authorization: 'Basic' },
    { authorization: 'Basic !' },
  ])('%j is refused', async (headers) => {
    const { get } = await start(parse(USERS));
    expect(await get(headers as Record<string, string>)).toEqual(UNAUTHORIZED);
  });

  test('a browser is asked for a password, and keeps no answer', async () => {
    const { url } = await start(parse(USERS));
    expect((await request(url)).headers).toMatchObject({
      'www-authenticate': 'Basic realm="metrics", charset="UTF-8"',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  test('a request with a credential of the program itself needs no user', async () => {
    const { get } = await start(parse(USERS), ({ headers }) => headers.authorization === 'Bearer own');
    expect(await get({ authorization: 'Bearer own' })).toBe('anonymous');
    expect(await get({ authorization: 'Bearer other' })).toEqual(UNAUTHORIZED);
  });
});

test('headers of the configuration are on every answer', async () => {
  const { url } = await start(parse(`http_server_config: {headers: {X-Frame-Options: deny}}\n${USERS}`));
  expect((await request(url)).headers).toMatchObject({ 'x-frame-options': 'deny' });
  expect((await request(url, { headers: basic('alice:wonderland') })).headers).toMatchObject({
    'x-frame-options': 'deny',
  });
});

describe('TLS', () => {
  test('is spoken, in the versions that are configured', async () => {
    const { url, get } = await start(parse(`tls_server_config: {${TLS}, max_version: TLS12}`));
    expect(url).toMatch(/^https:/);
    expect(await get()).toBe('anonymous');
    const ca = readFileSync(authority.certFile);
    await expect(request(url, { ca, minVersion: 'TLSv1.3' })).rejects.toThrow(/protocol version/);
    await expect(request(url)).rejects.toThrow('unable to verify the first certificate');
  });

  test('with RequireAndVerifyClientCert only certificates of our CA get an answer, and prove who they are', async () => {
    const { get } = await start(
      parse(`tls_server_config: {${TLS}, client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert}`),
    );
    expect(await get({}, prometheus)).toBe('identified');
    await expect(get()).rejects.toThrow();
    await expect(get({}, foreign)).rejects.toThrow();
  });

  test('with VerifyClientCertIfGiven a client without is anonymous, one of another CA refused', async () => {
    const { get } = await start(
      parse(`tls_server_config: {${TLS}, client_ca_file: ca.pem, client_auth_type: VerifyClientCertIfGiven}`),
    );
    expect(await get({}, prometheus)).toBe('identified');
    expect(await get()).toBe('anonymous');
    expect(await get({}, foreign)).toEqual(forbidden('the client certificate is from no CA of client_ca'));
  });

  test('with RequireAnyClientCert any certificate will do, and proves nothing', async () => {
    const { get } = await start(parse(`tls_server_config: {${TLS}, client_auth_type: RequireAnyClientCert}`));
    expect(await get({}, foreign)).toBe('anonymous');
    expect(await get()).toEqual(forbidden('a client certificate is needed'));
  });

  test.each([
    ['prometheus.example', true],
    ['10.0.0.1', true],
    ['spiffe://a', true],
    ['prometheus', false],
  ])('client_allowed_sans: [%s] lets our Prometheus in: %j', async (name, isAllowed) => {
    const { get } = await start(
      parse(
        `tls_server_config: {${TLS}, client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert, client_allowed_sans: ["${name}"]}`,
      ),
    );
    const refusal = forbidden('no subject alternative name of the client certificate is in client_allowed_sans');
    expect(await get({}, prometheus)).toEqual(isAllowed ? 'identified' : refusal);
  });

  test('a certificate and a password are both needed where both are configured', async () => {
    const { get } = await start(
      parse(
        `tls_server_config: {${TLS}, client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert}\n${USERS}`,
      ),
    );
    expect(await get(basic('alice:wonderland'), prometheus)).toBe('identified');
    expect(await get({}, prometheus)).toEqual(UNAUTHORIZED);
    await expect(get(basic('alice:wonderland'))).rejects.toThrow();
  });

  test('a connection that never begins its handshake holds the closing up for five seconds, and no longer', async () => {
    const { url, close } = await start(parse(`tls_server_config: {${TLS}}`));
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    expect((await request(url, { ca: readFileSync(authority.certFile) })).status).toBe(200);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const closed = close();
    await vi.advanceTimersByTimeAsync(5_000);
    await closed;
    vi.useRealTimers();
    socket.destroy();
  });

  test('new connections use the certificate that the configuration then has', async () => {
    let config = parse(`tls_server_config: {${TLS}}`);
    const { get, url } = await start(() => config);
    expect(await get()).toBe('anonymous');
    createAuthority(directory, 'new-ca').issue('new', 'IP:127.0.0.1');
    config = parse('tls_server_config: {cert_file: new.pem, key_file: new.key}');
    await expect(get()).rejects.toThrow('unable to verify the first certificate');
    expect((await request(url, { ca: readFileSync(join(directory, 'new-ca.pem')) })).text).toBe('anonymous');
  });
});

test('two Host headers are rejected, because a proxy in front may have checked the other one', async () => {
  const { url } = await start(OPEN_WEB_CONFIG);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end('GET / HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\nConnection: close\r\n\r\n');
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('"detail":"the request has more than one Host header"');
});

describe('a connection of a client certificate', () => {
  const both = `tls_server_config: {${TLS}, client_ca_file: both.pem, client_auth_type: RequireAndVerifyClientCert}`;
  const client = () => ({ cert: readFileSync(`${foreign?.certFile}`), key: readFileSync(`${foreign?.keyFile}`) });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('ends when its CA is removed, resumed or not (%s)', async (version) => {
    const [own, other] = ['ca.pem', 'other-ca.pem'].map((name) => readFileSync(join(directory, name), 'utf8'));
    writeFileSync(join(directory, 'both.pem'), `${own}${other}`);
    let config = parse(both);
    const { url } = await start(() => config);
    const agent = new Agent({ keepAlive: true, maxSockets: 1, maxCachedSessions: 10 });
    const options = { agent, ca: own, maxVersion: version, ...client() };
    expect((await request(url, options)).text).toBe('identified');
    expect((await request(url, options)).text).toBe('identified');
    writeFileSync(join(directory, 'both.pem'), `${own}`);
    config = parse(both);
    await expect(request(url, options)).rejects.toThrow('socket hang up');
    await expect(request(url, options)).rejects.toThrow();
    agent.destroy();
  });

  test('goes on when its CA stays', async () => {
    let config = parse(both);
    const { url } = await start(() => config);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const options = {
      ...{ agent, ca: readFileSync(authority.certFile) },
      ...{ cert: readFileSync(`${prometheus?.certFile}`), key: readFileSync(`${prometheus?.keyFile}`) },
    };
    expect((await request(url, options)).text).toBe('identified');
    config = parse(`${both}\nhttp_server_config: {headers: {X-Frame-Options: deny}}`);
    const sockets = Object.values(agent.freeSockets).flat();
    expect((await request(url, options)).headers).toMatchObject({ 'x-frame-options': 'deny' });
    expect(Object.values(agent.freeSockets).flat()).toEqual(sockets);
    agent.destroy();
  });
});

test('a failure while access is decided is in the log and not in the answer', async () => {
  let fails = false;
  const { get, log } = await start(() => {
    if (fails) throw new Error('hunter2');
    return OPEN_WEB_CONFIG;
  });
  fails = true;
  expect(await get()).toEqual({ status: 500, title: 'Internal error', detail: 'the log of this program says more' });
  expect(log.join()).toContain('err=hunter2');
});

test('every address is answered, and none is when one of them can not be', async () => {
  const app = express().get('/', (_, response) => response.end('answer'));
  const options = {
    logger: createLogger({ level: 'error', format: 'json', write: () => {} }),
    hasOwnCredential: () => false,
  };
  const config = () => OPEN_WEB_CONFIG;
  const first = await serve(app, { addresses: [{ host: '127.0.0.1', port: 0 }], config }, options);
  servers.push(first);
  const taken = { host: '127.0.0.1', port: Number(new URL(first.url).port) };
  const free = { host: '127.0.0.2', port: taken.port };
  const both = serve(app, { addresses: [free, taken], config }, options);
  await expect(both).rejects.toThrow("can't listen on 127.0.0.1");
  await expect(request(`http://127.0.0.2:${free.port}`)).rejects.toThrow('ECONNREFUSED');
  servers.push(await serve(app, { addresses: [{ host: '127.0.0.1', port: 0 }, free], config }, options));
  expect((await request(`http://127.0.0.2:${free.port}`)).text).toBe('answer');
});
