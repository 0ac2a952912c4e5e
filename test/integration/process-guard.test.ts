import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { freePort } from '../../deploy/local/ports.ts';
import { BRIDGE_MAIN } from '../e2e/bridge-process.ts';
import { EXPORTER_MAIN } from './exporter-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'process-guard-'));
afterAll(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'exporter.yaml'), 'accounts: [{name: a, credentials: {none: true}}]\n');
writeFileSync(
  join(directory, 'bridge.yaml'),
  'rooms: {ops: {id: "!a:example.org"}}\nwebhook: {bearer_tokens: [a-token]}\n',
);

const PROGRAMS = [
  ['exporter', EXPORTER_MAIN],
  ['bridge', BRIDGE_MAIN],
] as const;

describe.each(PROGRAMS)('the %s', (name, main) => {
  async function start() {
    const url = `http://127.0.0.1:${await freePort()}`;
    const child = spawn(
      process.execPath,
      [
        main,
        `--config.file=${join(directory, `${name}.yaml`)}`,
        `--storage.path=${join(directory, name)}`,
        `--web.listen-address=${new URL(url).host}`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const exited = once(child, 'exit');
    let log = '';
    child.stderr.on('data', (text) => {
      log += text;
    });
    const isAlive = () =>
      fetch(`${url}/-/healthy`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (child.exitCode === null && !(await isAlive())) await setTimeout(20);
    const stop = async () => {
      child.kill('SIGTERM');
      await exited;
    };
    return { url, child, isAlive, log: () => log, [Symbol.asyncDispose]: stop };
  }

  test("does not open Node's inspector on SIGUSR1", async () => {
    await using program = await start();
    program.child.kill('SIGUSR1');
    // Handled after the first signal, and logged.
    program.child.kill('SIGHUP');
    while (!/reload|configuration/.test(program.log()) && program.child.exitCode === null) await setTimeout(20);
    expect(await program.isAlive()).toBe(true);
    expect(program.log()).not.toContain('Debugger');
  });

  test('goes on when the reader of its log is gone', async () => {
    await using program = await start();
    program.child.stderr.destroy();
    program.child.stdout.destroy();
    for (let n = 0; n < 3; n++) {
      program.child.kill('SIGHUP');
      await fetch(`${program.url}/api/v1/alerts`, { method: 'POST', body: '{}' });
      expect(await program.isAlive()).toBe(true);
    }
  });
});
