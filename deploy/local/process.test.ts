import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { freePort, onFreePort, PortTakenError } from './ports.ts';
import { type ServerOptions, startServer } from './process.ts';

const readyServer = (port: number): string =>
  `require('node:http').createServer((_, response) => response.end()).listen(${port}, '127.0.0.1');`;

function nodeServer(port: number, script: string, further: Partial<ServerOptions> = {}): ServerOptions {
  return {
    name: 'Example',
    commands: [process.execPath],
    args: ['-e', script],
    workingDirectory: tmpdir(),
    port,
    readyPath: '/',
    ...further,
  };
}

test('a server that ends while starting is an error with its last lines', async () => {
  const start = startServer(nodeServer(await freePort(), `console.log('one'); console.error('two'); process.exit(3)`));
  await expect(start).rejects.toThrow('Example exited with code 3 while starting. Its last lines were:\none\ntwo');
});

test('a taken port is an error before the server is started', async () => {
  await using taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const start = startServer(nodeServer(port, readyServer(port)));
  await expect(start).rejects.toThrow(PortTakenError);
  await expect(start).rejects.toThrow(
    `Example cannot start: port ${port} on 127.0.0.1 is taken. Stop the program that listens there or choose another port.`,
  );
});

test('a port that was taken in the meantime is replaced by another, once', async () => {
  const tried: number[] = [];
  const clash = onFreePort(async (port) => {
    tried.push(port);
    throw new PortTakenError(`port ${tried.length}`);
  });
  await expect(clash).rejects.toThrow('port 2');
  expect(tried).toHaveLength(2);
});

test('the first installed of several binaries is started', async () => {
  const port = await freePort();
  const commands = ['no-such-binary', process.execPath];
  const server = await startServer(nodeServer(port, readyServer(port), { commands }));
  await server.stop();
});

test('a binary that is not installed is named', async () => {
  const start = startServer(nodeServer(await freePort(), '', { commands: ['no-such-binary', 'nor-this'] }));
  await expect(start).rejects.toThrow('Example is not installed: found none of no-such-binary, nor-this on the PATH.');
});

test('a server does not outlive a parent that is killed', async () => {
  const port = await freePort();
  const options = JSON.stringify(nodeServer(port, readyServer(port)));
  const parentScript = `
    const { startServer } = await import(${JSON.stringify(new URL('process.ts', import.meta.url).href)});
    await startServer(${options});
    console.log('started');
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', parentScript], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: parent.stdout }), 'line');
  expect((await fetch(`http://127.0.0.1:${port}`)).ok).toBe(true);

  parent.kill('SIGKILL');
  await expect
    .poll(
      () =>
        fetch(`http://127.0.0.1:${port}`).then(
          () => 'up',
          () => 'down',
        ),
      { timeout: 5_000 },
    )
    .toBe('down');
});
