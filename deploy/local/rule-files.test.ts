import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { writeRules } from './rule-files.ts';

test('all rule files are written, and their links open the exporter of this run', () => {
  const target = mkdtempSync(join(tmpdir(), 'rules-'));
  const link = 'runbook_url: http://127.0.0.1:10085/docs/runbook/Example';
  const files = writeRules(target, 'http://127.0.0.1:4711/', (text) => `${text}# ${link}\n`);
  expect(files.map((file) => basename(file))).toEqual(expect.arrayContaining(['recording.yml', 'thresholds.yml']));
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('http://127.0.0.1:4711/docs/runbook/Example');
    expect(text).not.toContain(':10085/');
  }
});
