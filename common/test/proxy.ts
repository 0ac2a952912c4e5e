import { createServer, type IncomingMessage, request } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface TestProxy extends AsyncDisposable {
  readonly port: number;
  /** The requests it received, as `METHOD TARGET`. */
  readonly requests: readonly string[];
}

/** A proxy that leads every address to `targetPort` of this machine, for those who have its credentials. */
export async function startProxy(
  targetPort: number,
  { credentials, tls }: { credentials?: string; tls?: { cert: Buffer; key: Buffer } } = {},
): Promise<TestProxy> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const mayPass = ({ headers, method, url }: IncomingMessage) => {
    requests.push(`${method} ${url}`);
    const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    return headers['proxy-authorization'] === expected;
  };
  const server = tls ? createHttpsServer(tls) : createServer();
  server.on('request', (incoming, response) => {
    if (!mayPass(incoming)) return response.writeHead(407).end();
    request({ port: targetPort, path: new URL(incoming.url ?? '').pathname }, (answer) => {
      response.writeHead(answer.statusCode ?? 500);
      answer.pipe(response);
    }).end();
  });
  server.on('connect', (incoming: IncomingMessage, client: Socket) => {
    if (!mayPass(incoming)) return client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const target = connect(targetPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const)
      one.on('close', () => other.destroy());
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
