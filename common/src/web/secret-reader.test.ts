import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { secretInFile } from '../config.ts';
import { createLogger } from '../logger.ts';
import { Secret } from '../secret.ts';
import { isAuthorized } from './authorization.ts';
import { createSecretReader } from './secret-reader.ts';

const directory = mkdtempSync(join(tmpdir(), 'secret-reader-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('a token file that is gone admits nobody, hinders nobody, and is one log line until it is back', () => {
  const file = join(directory, 'token');
  writeFileSync(file, 'first');
  const inFile = secretInFile(file) as Secret;
  const log: string[] = [];
  const read = createSecretReader(createLogger({ level: 'info', format: 'logfmt', write: (line) => log.push(line) }));
  const mayEnter = (header: string) =>
    isAuthorized(header, { bearerTokens: [inFile, Secret.of('other')], basic: [] }, read);

  rmSync(file);
  for (let attempt = 0; attempt < 3; attempt++) {
    expect(mayEnter('Bearer other')).toBe(true);
    expect(mayEnter('Bearer first')).toBe(false);
    expect(mayEnter('Bearer ')).toBe(false);
  }
  expect(log).toHaveLength(1);
  expect(log[0]).toContain(`level=error msg="cannot read secret, rejecting its holders" file=${file} err="ENOENT`);

  writeFileSync(file, 'second');
  expect(mayEnter('Bearer second')).toBe(true);
  expect(log).toHaveLength(2);
  expect(log[1]).toContain(`level=info msg="secret is readable again" file=${file}`);
});
