import express, { type Express } from 'express';
import type { Logger } from '../logger.ts';
import { createWebAccess, type WebAccessOptions } from './web-access.ts';
import type { WebConfig } from './web-config.ts';
import { answerFailure, type ListenAddress, listen, type WebServer } from './web-server.ts';

/** Addresses of a program, and who may use them. */
export interface WebSettings {
  readonly addresses: readonly ListenAddress[];
  /** Returns the current web configuration. */
  readonly config: () => WebConfig;
}

export interface ServeOptions {
  readonly logger: Logger;
  readonly hasOwnCredential: WebAccessOptions['hasOwnCredential'];
}

/**
 * Serves an app on every address, behind the web configuration.
 * @returns the servers as one, with the URL of the first
 * @throws Error naming the address that cannot be listened on
 */
export async function serve(
  app: Express,
  { addresses, config }: WebSettings,
  { logger, hasOwnCredential }: ServeOptions,
): Promise<WebServer> {
  const access = createWebAccess({ config, hasOwnCredential });
  const guarded = express().disable('x-powered-by').use(access).use(app).use(answerFailure(logger));
  const servers: WebServer[] = [];
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    for (const address of addresses) servers.push(await listen(guarded, address, config));
  } catch (error) {
    await close();
    throw error;
  }
  return { url: servers.map(({ url }) => url)[0] ?? '', close };
}
