import { chmodSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TakeReport } from './statusline-intake.ts';
import { readJson, statuslineSocket } from './statusline-wire.ts';

const MOST_CONNECTIONS = 64;
const PATIENCE_MS = 5_000;

/**
 * Listens for status lines on a socket in the storage directory that only the owner can use. What a killed exporter
 * left there is replaced.
 * @throws Error when the directory can't hold a socket, for instance because its path is too long
 */
export async function listenForStatuslines(storagePath: string, take: TakeReport): Promise<AsyncDisposable> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    open.add(connection);
    connection.once('close', () => open.delete(connection));
    // The other side may go away at any time, and nobody waits for the answer.
    connection.on('error', () => connection.destroy());
    connection.setTimeout(PATIENCE_MS, () => connection.destroy());
    receive(connection, take);
  });
  server.maxConnections = MOST_CONNECTIONS;
  const path = statuslineSocket(storagePath);
  // Born in a directory that nobody else may enter, so there is no moment at which others can connect.
  const nursery = mkdtempSync(join(storagePath, '.s-'));
  try {
    const newborn = join(nursery, 's');
    await listening(server, newborn);
    chmodSync(newborn, 0o600);
    renameSync(newborn, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    rmSync(nursery, { recursive: true });
  }
  const own = statSync(path).ino;
  return {
    async [Symbol.asyncDispose]() {
      for (const connection of open) connection.destroy();
      await new Promise((resolve) => server.close(resolve));
      // Another exporter on the same storage may have put its own in place.
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
