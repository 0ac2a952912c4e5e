import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `refuse`: 502 without forwarding. `lose`: forwards the request, then answers 502. `hang`: never answers. An object is an
 * answer without forwarding.
 */
export type Fault = 'refuse' | 'lose' | 'hang' | { readonly status: number; readonly body: unknown };

export interface ProxiedRequest {
  readonly method: string;
  /** Decoded path without the query. */
  readonly path: string;
}

/** A proxy in front of a homeserver that can make requests fail. */
export interface FaultyProxy {
  readonly url: string;
  /** Decides about each request; none fails by default. */
  faultFor: (request: ProxiedRequest) => Fault | undefined;
  /** Called after a request was forwarded and before its response is passed on. */
  onForwarded: (request: ProxiedRequest) => void;
  stop(): void;
}

export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: FaultyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faultFor: () => undefined,
    onForwarded: () => {},
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = incoming;
    const described = { method, path: decodeURIComponent(url.split('?')[0] ?? '') };
    const fault = proxy.faultFor(described);
    if (fault === 'hang') return;
    if (fault === 'refuse') return answer(outgoing, 502, '');
    if (typeof fault === 'object') return answer(outgoing, fault.status, JSON.stringify(fault.body));
    try {
      const { status, headers, body } = await forward(target, incoming);
      proxy.onForwarded(described);
      if (fault === 'lose') return answer(outgoing, 502, '');
      outgoing.writeHead(status, headers).end(body);
    } catch {
      outgoing.destroy();
    }
  }
  return proxy;
}

function answer(outgoing: ServerResponse, status: number, text: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' }).end(text);
}

function forward(
  target: string,
  incoming: IncomingMessage,
): Promise<{ status: number; headers: OutgoingHttpHeaders; body: Buffer }> {
  const { method = 'GET', url = '/', headers } = incoming;
  return new Promise((resolve, reject) => {
    const forwarded = request(new URL(url, target), { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 502, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    forwarded.on('error', reject);
    incoming.pipe(forwarded);
  });
}
