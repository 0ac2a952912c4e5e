import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { lockClone, lockDirectory } from './run-lock.mjs';

const newDirectory = (): string => mkdtempSync(join(tmpdir(), 'lock-'));
const module = JSON.stringify(new URL('run-lock.mjs', import.meta.url).href);

/** Runs a script that locks `root` as "npm start" and prints its process id. */
async function otherRun(root: string, script: string) {
  const code = `
    const { lockClone } = await import(${module});
    const fd = lockClone(${JSON.stringify(root)}, 'npm start');
    ${script}
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, line: String(line) };
}

test('a second run in a clone is rejected with the name of the first, and works when that is killed', {
  timeout: 60_000,
}, async () => {
  const root = newDirectory();
  const { child } = await otherRun(root, `console.log('locked'); process.stdin.resume();`);
  expect(() => lockClone(root, 'npm test')).toThrow(
    `Another npm start (process ${child.pid}) is running in ${root}. ` +
      'Two runs would overwrite each other. Stop it first, or use a second clone.',
  );
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(lockClone(root, 'npm test')).toBeTypeOf('number');
});

test('the lock lasts until the child that inherited it has ended', { timeout: 60_000 }, async () => {
  const root = newDirectory();
  const { child, line } = await otherRun(
    root,
    `const { spawn } = await import('node:child_process');
     const heir = spawn('sleep', ['600'], { stdio: ['ignore', 'ignore', 'ignore', fd], detached: true });
     console.log(heir.pid);
     process.stdin.resume();`,
  );
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(lockDirectory(root)).toEqual({ state: 'busy' });
  process.kill(Number(line), 'SIGKILL');
  await expect.poll(() => lockDirectory(root).state, { timeout: 30_000 }).toBe('locked');
});

test('runs in two clones do not block each other', () => {
  expect([newDirectory(), newDirectory()].map((root) => lockDirectory(root).state)).toEqual(['locked', 'locked']);
});
