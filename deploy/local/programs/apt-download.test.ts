import { expect, test } from 'vitest';
import { aptConfiguration, reasonOf } from './apt-download.mjs';

test('apt writes below the given directory only, and runs no hook of the system', () => {
  const configuration = aptConfiguration('/clone/.cache/apt', { ownLists: true });
  expect(configuration).toContain('Dir::State::Lists "/clone/.cache/apt/lists";');
  expect(configuration).toContain('Dir::Cache "/clone/.cache/apt/cache";');
  expect(configuration).toContain('#clear APT::Update;');
});

test("apt reads the system's lists where they are used", () => {
  expect(aptConfiguration('/clone/.cache/apt', { ownLists: false })).not.toContain('Dir::State');
});

test('a missing network is the reason, not the errors that follow from it', () => {
  const output = [
    "W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Temporary failure resolving 'deb.debian.org'",
    'W: Some index files failed to download. They have been ignored, or old ones used instead.',
    'E: Unable to locate package prometheus',
  ];
  expect(reasonOf(output.join('\n'))).toBe(output[0]);
  expect(reasonOf(output.slice(1).join('\n'))).toBe('E: Unable to locate package prometheus');
});
