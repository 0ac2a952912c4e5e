import { chmodSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TakeReport } from './statusline-intake.ts';
import { readJson, statuslineSocket } from './statusline-wire.ts';

const MAX_CONNECTIONS = 64;
const TIMEOUT_MS = 5_000;

/**
 * Listens for status lines on a socket in the storage directory that only the owner can use. Replaces the socket of a
 * killed exporter.
 * @throws Error if the directory cannot contain a socket, for instance because its path is too long
 */
export async function listenForStatuslines(storagePath: string, take: TakeReport): Promise<AsyncDisposable> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    open.add(connection);
    connection.once('close', () => open.delete(connection));
    // The other side may disconnect at any time, and nothing waits for the answer.
    connection.on('error', () => connection.destroy());
    connection.setTimeout(TIMEOUT_MS, () => connection.destroy());
    receive(connection, take);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const path = statuslineSocket(storagePath);
  // Created in a private directory and then moved, so that others can connect at no moment.
  const temporaryDirectory = mkdtempSync(join(storagePath, '.s-'));
  try {
    const temporarySocket = join(temporaryDirectory, 's');
    await listening(server, temporarySocket);
    chmodSync(temporarySocket, 0o600);
    renameSync(temporarySocket, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    rmSync(temporaryDirectory, { recursive: true });
  }
  const own = statSync(path).ino;
  return {
    async [Symbol.asyncDispose]() {
      for (const connection of open) connection.destroy();
      await new Promise((resolve) => server.close(resolve));
      // A socket that replaced this one stays.
      if (statSync(path, { throwIfNoEntry: false })?.ino === own) rmSync(path, { force: true });
    },
  };
}

async function receive(connection: Socket, take: TakeReport): Promise<void> {
  try {
    const problems = take(await readJson(connection));
    connection.end(problems.length === 0 ? '' : `${JSON.stringify(problems)}\n`);
  } catch {
    connection.destroy();
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(path, resolve);
  });
}
