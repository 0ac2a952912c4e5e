import { expect, test } from 'vitest';
import { aptConfiguration } from './apt-download.mjs';

test('apt writes below the given directory only, and runs no hook of the system', () => {
  const configuration = aptConfiguration('/clone/.cache/apt', { ownLists: true });
  expect(configuration).toContain('Dir::State::Lists "/clone/.cache/apt/lists";');
  expect(configuration).toContain('Dir::Cache "/clone/.cache/apt/cache";');
  expect(configuration).toContain('#clear APT::Update;');
});

test("apt reads the system's lists where they are used", () => {
  expect(aptConfiguration('/clone/.cache/apt', { ownLists: false })).not.toContain('Dir::State');
});
