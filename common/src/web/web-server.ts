import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, isIP, type Socket } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express';
import { DatabaseError } from '../database-error.ts';
import { createEpisodes } from '../episodes.ts';
import type { FieldProblem } from '../field-problem.ts';
import type { Logger } from '../logger.ts';
import { recordClientCa } from './client-certificate.ts';
import { OPEN_WEB_CONFIG, verifiesEveryClient, type WebConfig } from './web-config.ts';

/** `host:port` as Prometheus' `--web.listen-address` takes it; an empty host means every address. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:]*)):(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.port);
  if (!match?.groups || port > 65_535) return undefined;
  return { host: match.groups.v6 ?? match.groups.host ?? '', port };
}

export function formatListenAddress({ host, port }: ListenAddress): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** RFC 9457 problem details, the one shape of this server's errors. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
}

export function sendProblem(response: Response, { status, ...problem }: Problem): void {
  response.status(status).type('application/problem+json').send(JSON.stringify(problem));
}

export interface OperationalRoutes {
  /** Why the program is not ready to do its work, or `undefined` when it is. */
  readonly notReadyBecause: () => string | undefined;
  /** Renders the metrics in the format that the `Accept` header asks for. */
  readonly metrics: (accept: string) => Promise<{ contentType: string; body: string | readonly Buffer[] }>;
}

/** An express app with what both programs answer alike: metrics, health, readiness, and no caching of any of it. */
export function createWebApp({ notReadyBecause, metrics }: OperationalRoutes): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_request, response, next) => {
    response.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    next();
  });
  app.get('/metrics', async (request, response) => {
    const { contentType, body } = await metrics(request.get('accept') ?? '');
    // Not `type()`: express would reorder the parameters that Prometheus negotiates by.
    response.setHeader('Content-Type', contentType);
    const parts = typeof body === 'string' ? [Buffer.from(body)] : body;
    response.setHeader(
      'Content-Length',
      parts.reduce((sum, part) => sum + part.length, 0),
    );
    // One write to the kernel, and no copy of all parts together.
    response.cork();
    for (const part of parts) response.write(part);
    response.end();
  });
  app.get('/-/healthy', (_request, response) => {
    response.type('text/plain').send('Healthy.\n');
  });
  app.get('/-/ready', (_request, response) => {
    const reason = notReadyBecause();
    response
      .status(reason === undefined ? 200 : 503)
      .type('text/plain')
      .send(reason === undefined ? 'Ready.\n' : `Not ready: ${reason}\n`);
  });
  return app;
}

/** The last two handlers: unknown paths, and whatever a route threw. */
export function finishWebApp(app: Express, logger: Logger): Express {
  const notFound: RequestHandler = (request, response) => {
    sendProblem(response, {
      status: 404,
      title: 'Not found',
      detail: `nothing answers ${request.method} ${request.path}`,
    });
  };
  return app.use(notFound).use(answerFailure(logger));
}

/** Answers a request whose handler threw, and tells the caller nothing about the inside. */
export function answerFailure(logger: Logger): ErrorRequestHandler {
  // Clients repeat what could not be stored, so a full disk is two log lines.
  const beginsEpisode = createEpisodes({
    quietMs: 60_000,
    ended: (err, count) => logger.info({ err, count }, 'requests no longer fail'),
  });
  return (error, request, response, next) => {
    if (response.headersSent) return next(error);
    const isStorage = error instanceof DatabaseError;
    if (!isStorage || beginsEpisode(error.message)) {
      logger.error({ err: error, path: request.path }, 'request failed');
    }
    if (isStorage) {
      const detail = error.isFull ? 'the disk is full, nothing was changed' : 'the storage fails, nothing was changed';
      return sendProblem(response, { status: 503, title: 'Not stored', detail });
    }
    sendProblem(response, { status: 500, title: 'Internal error', detail: 'the log of this program says more' });
  };
}

export interface WebServer {
  /** The URL that it listens on, with the actual port if 0 was requested. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param config the current web configuration, whose certificates new connections use
 * @throws Error naming the address and what to do when it can't be listened on
 */
export async function listen(
  app: Express,
  address: ListenAddress,
  config: () => WebConfig = () => OPEN_WEB_CONFIG,
): Promise<WebServer> {
  const server = createServer(app, config);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // A connection whose last answer was given is of no more use once the server closes.
  server.on('request', (_request, response) =>
    response.once('close', () => {
      if (!server.listening) server.closeIdleConnections();
    }),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const advice = cause.code === 'EADDRINUSE' ? ' (another program does); choose one with --web.listen-address' : '';
      reject(new Error(`can't listen on ${formatListenAddress(address)}${advice}`, { cause }));
    });
    server.listen(address.port, address.host === '' ? undefined : address.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = isIP(address.host) === 6 ? `[${address.host}]` : address.host || 'localhost';
  return { url: `${config().tls ? 'https' : 'http'}://${host}:${port}`, close: () => closeServer(server, sockets) };
}

function createServer(app: Express, config: () => WebConfig): Server {
  let { tls } = config();
  if (!tls) return createHttpServer(app);
  const { asked } = tls.clients;
  const server = createHttpsServer(
    { ...tls.context, requestCert: asked, rejectUnauthorized: asked && verifiesEveryClient(tls) },
    app,
  );
  server.prependListener('connection', () => {
    const next = config().tls;
    if (next && next !== tls) server.setSecureContext(next.context);
    tls = next;
  });
  recordClientCa(server, () => tls);
  return server;
}

/** Lets requests in hand finish, but no longer than five seconds. */
async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  // Not closeAllConnections: it knows none that is still in its TLS handshake.
  const impatience = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, 5000);
  await closed;
  clearTimeout(impatience);
}
