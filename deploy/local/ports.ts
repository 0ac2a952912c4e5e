import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** A server could not have the port it was given. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

/** A loopback port that nobody listens on; another process may still take it before the caller does. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const { port } = await listen(server, 0);
  await close(server);
  return port;
}

/** The given port, or a free one when another program has it. */
export async function preferPort(port: number): Promise<number> {
  try {
    await assertPortIsFree(port, 'It');
    return port;
  } catch (error) {
    if (!(error instanceof PortTakenError)) throw error;
    return freePort();
  }
}

/** Starts something on a free port, and once more on another if the first was taken in the meantime. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  try {
    return await start(await freePort());
  } catch (error) {
    if (!(error instanceof PortTakenError)) throw error;
    return start(await freePort());
  }
}

/** Throws a PortTakenError that says who wanted the port. */
export async function assertPortIsFree(port: number, name: string): Promise<void> {
  const server = createServer();
  try {
    await listen(server, port);
  } catch (error) {
    throw new PortTakenError(
      `${name} can't start: port ${port} on 127.0.0.1 is taken. Stop what listens there or choose another port.`,
      { cause: error },
    );
  }
  await close(server);
}

async function listen(server: Server, port: number): Promise<AddressInfo> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server.address() as AddressInfo;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
