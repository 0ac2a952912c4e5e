import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** A server could not have the port it was given. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

/** A port that no other process can take before it is released. */
export interface ReservedPort {
  readonly port: number;
  /** True if another program listens on the preferred port. */
  readonly isReplacement: boolean;
  release(): Promise<void>;
}

/** Returns a loopback port that is free now; another process may take it before the caller does. */
export async function freePort(): Promise<number> {
  const { port, release } = await reserve(0);
  await release();
  return port;
}

/** Reserves the given port, or a free one if another program has it. */
export async function reservePort(preferred: number): Promise<ReservedPort> {
  try {
    return { ...(await reserve(preferred)), isReplacement: false };
  } catch {
    return { ...(await reserve(0)), isReplacement: true };
  }
}

/** Starts something on a free port, and retries once on another if that port was taken in the meantime. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  try {
    return await start(await freePort());
  } catch (error) {
    if (!(error instanceof PortTakenError)) throw error;
    return start(await freePort());
  }
}

/** @throws PortTakenError that names the server that needs the port */
export async function assertPortIsFree(port: number, name: string): Promise<void> {
  try {
    const { release } = await reserve(port);
    await release();
  } catch (error) {
    throw new PortTakenError(
      `${name} cannot start: port ${port} on 127.0.0.1 is taken. Stop the program that listens there or choose another port.`,
      { cause: error },
    );
  }
}

async function reserve(wanted: number): Promise<{ port: number; release: () => Promise<void> }> {
  const server = createServer((socket) => socket.destroy());
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, release: () => close(server) };
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  await once(server, 'close');
}
