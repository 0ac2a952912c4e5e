import { createCommand, parseArguments } from '@repo/common/command-line';
import { describeError } from '@repo/common/logger';
import { EXIT } from '@repo/common/program-host';
import { InvalidArgumentError, Option } from 'commander';
import { type Forecast, isKnown, type MethodName } from '../../forecast/method.ts';
import { DEFAULT_LINEAR_HOURS } from '../../forecast/methods/linear.ts';
import { startMethods } from '../../forecast/methods/methods.ts';
import { SESSION_WINDOW, WEEKLY_WINDOW, windowDurationSeconds } from '../../usage/windows.ts';
import { type ExporterHost, PROGRAM } from '../exporter-host.ts';
import { readSamples } from './read-samples.ts';

const HELP = `
Reads rows of time,utilization,resets_at (Unix seconds, 0 to 100) of one window over many weeks from standard input.
For each row it prints the forecast of each method, the default method first, from this row and earlier ones only.
"inf" means not before the reset. Empty fields mean that there is no forecast yet.

Example: ${PROGRAM.name} forecast --format=csv < samples.csv`;

const HEADER = 'time,method,exhaustion_p10,exhaustion_p50,exhaustion_p90,probability';
const ROWS_PER_WRITE = 1000;

/** `claude-usage-exporter forecast`, from its arguments to its exit code. */
export async function runForecast(host: ExporterHost): Promise<number> {
  const command = createCommand(`${PROGRAM.name} forecast`, 'Prints a forecast for each row of a sample file.', host)
    .addOption(new Option('--format <format>', 'output format').choices(['csv']).default('csv'))
    .addOption(
      new Option('--window <window>', 'window that the samples belong to')
        .choices([WEEKLY_WINDOW, SESSION_WINDOW])
        .default(WEEKLY_WINDOW),
    )
    .option('--linear-hours <hours>', 'range of the linear method', positiveHours, DEFAULT_LINEAR_HOURS)
    .addHelpText('after', HELP);
  const options = parseArguments(command, host.args);
  if ('exitCode' in options) return Number(options.exitCode);
  const durationMs = windowDurationSeconds(options.window) * 1000;
  let methods = startMethods({ durationMs, linearHours: options.linearHours });
  let lines = [HEADER];
  try {
    for await (const point of readSamples(host.stdin)) {
      methods = methods.map((method) => method.observe(point));
      lines.push(...methods.map((method) => forecastLine(point.at, method.name, method.forecast())));
      if (lines.length >= ROWS_PER_WRITE) {
        host.out(`${lines.join('\n')}\n`);
        lines = [];
      }
    }
    if (lines.length > 0) host.out(`${lines.join('\n')}\n`);
    return EXIT.ok;
  } catch (error) {
    host.err(`error: ${describeError(error)}\n`);
    return EXIT.failed;
  }
}

function forecastLine(at: number, name: MethodName, forecast: Forecast): string {
  if (!isKnown(forecast)) return `${seconds(at)},${name},,,,`;
  const { p10, p50, p90, probability } = forecast;
  return `${[seconds(at), name, seconds(p10), seconds(p50), seconds(p90)].join(',')},${probability.toFixed(4)}`;
}

function seconds(ms: number): string {
  return Number.isFinite(ms) ? String(Math.round(ms / 1000)) : 'inf';
}

function positiveHours(text: string): number {
  const hours = Number(text);
  if (hours > 0 && hours <= 168) return hours;
  throw new InvalidArgumentError('It must be a number of hours from 0 to 168.');
}
