import { connect, type Socket } from 'node:net';

/**
 * Asks one path again and again over one connection, and reads the answers into one buffer that is never let go: a client
 * that makes garbage would be collected in the time that it measures.
 */
export class LeanClient implements Disposable {
  readonly #request: Buffer;
  readonly #socket: Socket;
  #onBytes: (bytes: number, buffer: Buffer) => void = () => {};

  constructor(url: string) {
    const { hostname, port, host, pathname } = new URL(url);
    this.#request = Buffer.from(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const onread = {
      buffer: Buffer.alloc(1 << 20),
      callback: (bytes: number, buffer: Uint8Array) => {
        this.#onBytes(bytes, buffer as Buffer);
        return true;
      },
    };
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true, onread });
  }

  /** Milliseconds until the answer was there as a whole. */
  time(): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const startedAt = performance.now();
    let missing = Number.POSITIVE_INFINITY;
    let received = 0;
    this.#onBytes = (bytes, buffer) => {
      received += bytes;
      if (missing === Number.POSITIVE_INFINITY) {
        const head = buffer.toString('latin1', 0, Math.min(bytes, 2_000));
        const [status, length] = [/^HTTP\/1\.1 (\d+)/.exec(head)?.[1], /^content-length: (\d+)/im.exec(head)?.[1]];
        if (status !== '200' || length === undefined) return reject(new Error(`not an answer to measure: ${head}`));
        missing = head.indexOf('\r\n\r\n') + 4 + Number(length);
      }
      if (received === missing) resolve(performance.now() - startedAt);
    };
    this.#socket.write(this.#request);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
