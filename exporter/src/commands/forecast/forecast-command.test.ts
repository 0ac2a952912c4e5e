import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { runCommandHere } from '../../../test/command-host.ts';
import { runForecast } from './forecast-command.ts';

function run(input: string, ...args: string[]) {
  const stdin = Readable.from([Buffer.from(input.slice(0, 50)), Buffer.from(input.slice(50))]);
  return runCommandHere(runForecast, { args, stdin });
}

const HOUR = 3600;
const RESET = 1_767_571_200;
const START = RESET - 168 * HOUR;
const rows = (count: number) =>
  Array.from({ length: count }, (_, hour) => `${START + hour * HOUR},${2 * hour},${RESET}`).join('\n');

test('prints a line per row and method, the default method first', async () => {
  const { exitCode, out, err } = await run(`time,utilization,resets_at\n${rows(13)}\n`);
  const [header, ...lines] = out.trimEnd().split('\n');
  expect([exitCode, err, lines.length]).toEqual([0, '', 39]);
  expect(header).toBe('time,method,exhaustion_p10,exhaustion_p50,exhaustion_p90,probability');
  expect(lines[0]).toBe(`${START},default,,,,`);
  const time = START + 12 * HOUR;
  expect(lines.at(-3)).toMatch(new RegExp(`^${time},default,\\d+,\\d+,(\\d+|inf),0\\.\\d{4}$`));
  const end = START + 50 * HOUR;
  expect(lines.at(-2)).toBe(`${time},linear_6h,${end},${end},${end},1.0000`);
  expect(lines.at(-1)).toBe(`${time},window_average,${end},${end},${end},1.0000`);
});

test('a row changes no earlier line', async () => {
  const header = 'time,utilization,resets_at\n';
  const { out } = await run(header + rows(40));
  expect(out.startsWith((await run(header + rows(20))).out)).toBe(true);
});

test('columns may be in any order and more than these', async () => {
  const plain = await run(`time,utilization,resets_at\n${START},1,${RESET}\n`);
  const other = await run(`resets_at,note,time,utilization\r\n${RESET},x,${START},1\r\n\r\n`);
  expect(other).toEqual(plain);
});

test.each([
  ['', 'error: The input is empty. Its first line must be time,utilization,resets_at.\n'],
  ['time,percent\n', 'error: Line 1 has no column utilization. The header must be time,utilization,resets_at.\n'],
  ['time,utilization,resets_at\n1,2\n', 'error: Line 2: resets_at is "", expected Unix seconds.\n'],
  [
    'time,utilization,resets_at\n1,2,3\n1,-2,3\n',
    'error: Line 3: utilization is "-2", expected a percentage from 0 to 1000.\n',
  ],
])('%j is an error that says where and what', async (input, message) => {
  expect(await run(input)).toEqual(expect.objectContaining({ exitCode: 1, err: message }));
});

test('a window that it does not know is wrong usage', async () => {
  expect((await run('', '--window=monthly')).exitCode).toBe(2);
});
