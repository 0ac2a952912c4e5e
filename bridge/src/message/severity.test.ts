import { expect, test } from 'vitest';
import { DEFAULT_SEVERITIES, severityRank, severitySign } from './severity.ts';

const rank = (name?: string) => severityRank(name, DEFAULT_SEVERITIES);
const sign = (name?: string) => severitySign(name, DEFAULT_SEVERITIES);

test.each([
  ['critical', ['Critical', 'CRITICAL', ' critical ', 'page', 'P1', 'emergency', 'Disaster']],
  ['error', ['Error', 'high', 'HIGH', 'major']],
  ['warning', ['Warning', 'warn', 'medium', 'average', 'P3']],
  ['info', ['Info', 'information', 'low', 'none', 'notice']],
])('%s goes by several names', (name, aliases) => {
  expect(aliases.map(rank)).toEqual(aliases.map(() => rank(name)));
  expect(aliases.map(sign)).toEqual(aliases.map(() => sign(name)));
});

test('a name that nobody knows is more urgent than info and less urgent than warning', () => {
  for (const odd of ['odd', '', undefined, 'constructor', '__proto__', 'toString']) {
    expect(rank(odd)).toBeGreaterThan(rank('warning'));
    expect(rank(odd)).toBeLessThan(rank('info'));
    expect(sign(odd)).toBe('🟠');
  }
});

test('the signs are red for critical and error, orange for warning, blue for info', () => {
  expect(['critical', 'error', 'warning', 'info'].map(sign)).toEqual(['🔴', '🔴', '🟠', '🔵']);
});

test('a configured order has red for its first, blue for its last, orange between', () => {
  const scale = { order: ['sev-a', 'sev-b', 'sev-c'], aliases: new Map([['critical', 'sev-a']]) };
  expect(['Sev-A', 'critical', 'sev-b', 'sev-c'].map((name) => severitySign(name, scale))).toEqual([
    '🔴',
    '🔴',
    '🟠',
    '🔵',
  ]);
});
