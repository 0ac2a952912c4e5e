import { describe, expect, test } from 'vitest';
import { describeMissing, planProgram } from './find-programs.mjs';
import { FOR_START, FOR_TESTS } from './needed-programs.mjs';

const [prometheus, alertmanager] = FOR_START;
const onPath =
  (...commands: string[]) =>
  (command: string) =>
    commands.includes(command);
const plan = (program: (typeof FOR_START)[number] | undefined, ...commands: string[]) => {
  if (!program) throw new Error('there is no such program');
  return planProgram(program, onPath(...commands));
};
const apt = ['apt-get', 'apt-cache', 'dpkg'];

describe('where a program comes from', () => {
  test('the PATH, under any of its names, even if there is apt', () => {
    expect(plan(prometheus, 'prometheus', ...apt)).toBe('use');
    expect(plan(alertmanager, 'alertmanager')).toBe('use');
    expect(plan(alertmanager, 'prometheus-alertmanager')).toBe('use');
  });

  test('its Debian package where it is not on the PATH', () => {
    expect(plan(prometheus, ...apt)).toBe('unpack');
  });

  test('nowhere without all the tools that unpacking needs', () => {
    expect(plan(prometheus, 'apt-get', 'apt-cache')).toBe('give up');
    expect(plan(prometheus)).toBe('give up');
  });

  test('its Debian package if the tests would miss one of its tools', () => {
    expect(plan(FOR_TESTS[0], 'prometheus', ...apt)).toBe('unpack');
    expect(plan(FOR_TESTS[0], 'prometheus', 'promtool', ...apt)).toBe('use');
  });
});

test('what is missing is named with the reason and the remedy', () => {
  expect(describeMissing([{ title: 'Prometheus', reason: 'it cannot be downloaded:\nE: no network' }])).toBe(
    'Prometheus is missing: it cannot be downloaded:\nE: no network\n' +
      'To use what is missing, install it or put it on the PATH, then run the command again.',
  );
});
