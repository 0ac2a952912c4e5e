import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { renderRunbook } from './runbook.mjs';

let rules: string;
beforeEach(() => {
  rules = mkdtempSync(join(tmpdir(), 'rules-'));
});
afterEach(() => rmSync(rules, { recursive: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(rules, name)), { recursive: true });
  writeFileSync(join(rules, name), text);
}

test('every section of one file is a page, listed in the index', () => {
  write('runbook.md', '# Runbook\n\n## SomeAlert\n\nMeaning.\n\n## OtherAlert\n\nMore.\n');
  const pages = renderRunbook(rules);
  expect([...pages.keys()].sort()).toEqual(['OtherAlert', 'SomeAlert', 'index']);
  expect(pages.get('SomeAlert')).toContain('<h1 id="SomeAlert"><a id="somealert"></a>SomeAlert</h1>\n<p>Meaning.</p>');
  expect(pages.get('index')).toContain('<a href="/docs/runbook/SomeAlert">SomeAlert</a>');
});

test('every file is a page, and links between them open', () => {
  write('runbooks/README.md', '# Runbook\n\n[first](SomeAlert.md#what-to-do)\n');
  write('runbooks/SomeAlert.md', '# SomeAlert\n\n## What to do\n\n## What to do\n');
  const pages = renderRunbook(rules);
  expect(pages.get('index')).toContain('<a href="/docs/runbook/SomeAlert#what-to-do">first</a>');
  expect(pages.get('SomeAlert')).toContain('<h2 id="What-to-do"><a id="what-to-do"></a>');
  expect(pages.get('SomeAlert')).toContain('<h2 id="What-to-do-1"><a id="what-to-do-1"></a>');
});

test('tags and scripts in the text stay text', () => {
  write(
    'runbooks/SomeAlert.md',
    '# <img src=x onerror=alert(1)>\n\n<script>alert(1)</script> [x](javascript:alert(1))\n',
  );
  const page = renderRunbook(rules).get('SomeAlert');
  expect(page).not.toMatch(/<(img|script)|href="javascript/);
});
