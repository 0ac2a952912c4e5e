import { expect, test } from 'vitest';
import { type Component, describeInventory, isMissing } from './inventory.ts';

const components: readonly Component[] = [
  { name: 'Prometheus', required: true, found: { version: '2.42.0' } },
  { name: 'amtool', required: true, found: { problem: 'amtool is not on the PATH' } },
  { name: 'helm', required: false, found: { problem: 'helm is not on the PATH' } },
];

test('the closing list names each component, and why one is missing', () => {
  expect(describeInventory(components)).toBe(
    [
      'Components',
      '  Prometheus  required  2.42.0',
      '  amtool      required  MISSING: amtool is not on the PATH',
      '  helm        optional  MISSING: helm is not on the PATH',
    ].join('\n'),
  );
});

test('only a required component is missed', () => {
  expect(components.filter(isMissing).map(({ name }) => name)).toEqual(['amtool']);
});
