import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { buildInfo } from '@repo/common/build-info';
import { addFileOptions, createCommand, fileFlags, parseArguments } from '@repo/common/command-line';
import { describeError } from '@repo/common/logger';
import { loadConfiguration } from '@repo/common/program';
import { EXIT } from '@repo/common/program-host';
import { Option } from 'commander';
import { loadConfig } from '../../config/config.ts';
import type { UsagePoint } from '../../forecast/method.ts';
import { openHistory } from '../../history/history.ts';
import { SESSION_WINDOW, WEEKLY_WINDOW, type WindowName, windowDurationSeconds } from '../../usage/windows.ts';
import { type ExporterHost, machine, PROGRAM } from '../exporter-host.ts';
import { readSamples } from '../forecast/read-samples.ts';
import { gradeSeries } from './grade-series.ts';
import { renderScores } from './render-scores.ts';
import { adviseMethod, scoreMethods } from './scorecard.ts';

const HELP = `
Forecasts at every sample from earlier samples only, as the running exporter would have done, and grades each finished
window. Without files it reads the history of the configured accounts.

Files are CSV with the columns time,utilization,resets_at (Unix seconds, 0 to 100), as they are or with gzip. "-" is
standard input.

BRIER is the mean squared difference between probability and outcome, with its standard error: 0 is perfect, 0.25 a coin
toss. An alarm is a probability of 0.7 held for an hour, ten minutes in five-hour windows. LEAD is the median time from
alarm to exhaustion, ERROR the median error of the predicted time, IN RANGE the share within the 80 % range.`;

interface Series {
  readonly title: string;
  readonly window: WindowName;
  readonly points: AsyncIterable<UsagePoint> | Iterable<UsagePoint>;
}

const PAGE = 5000;

/** `claude-usage-exporter backtest`, from its arguments to its exit code. */
export async function runBacktest(host: ExporterHost): Promise<number> {
  const command = createCommand(`${PROGRAM.name} backtest`, 'Grades the forecasting methods on past windows.', host)
    .argument('[files...]', 'sample files; without them, the own history')
    .allowExcessArguments(true)
    .addOption(new Option('--format <format>', 'output format').choices(['table', 'json']).default('table'))
    .addOption(
      new Option('--window <window>', 'window that the files belong to')
        .choices([WEEKLY_WINDOW, SESSION_WINDOW])
        .default(WEEKLY_WINDOW),
    )
    .addHelpText('after', HELP);
  const options = parseArguments(addFileOptions(command, PROGRAM, host.env), host.args);
  if ('exitCode' in options) return Number(options.exitCode);
  const report = async (series: Iterable<Series>, linearHours: number): Promise<void> => {
    const results: unknown[] = [];
    for (const { title, window, points } of series) {
      const grades = await gradeSeries(points, { durationMs: windowDurationSeconds(window) * 1000, linearHours });
      const [scores, advice] = [scoreMethods(grades), adviseMethod(grades)];
      results.push({ series: title, scores, ...(advice ? { advice } : {}) });
      if (options.format === 'table')
        host.out(`${results.length > 1 ? '\n' : ''}${renderScores(title, scores, advice)}`);
    }
    if (options.format === 'json') host.out(`${JSON.stringify(results, undefined, 2)}\n`);
    else if (results.length === 0) host.out('The history has no samples yet.\n');
  };
  const flags = fileFlags(options, PROGRAM, host.env);
  const loaded = loadConfiguration(flags, host, ({ text, source }, context) =>
    loadConfig(text, source, { ...context, ...machine(host), version: buildInfo.version }),
  );
  if ('exitCode' in loaded) return loaded.exitCode;
  const { accounts, forecast } = loaded.config;
  try {
    if (command.args.length > 0) {
      await report(fileSeries(command.args, options.window, host), forecast.linearHours);
      return EXIT.ok;
    }
    using history = openHistory(join(flags.storagePath, 'history.sqlite'), Date.now());
    await report(
      historySeries(
        accounts.map(({ name }) => name),
        history.forecasts,
      ),
      forecast.linearHours,
    );
    return EXIT.ok;
  } catch (error) {
    host.err(`error: ${describeError(error)}\n`);
    return EXIT.failed;
  }
}

function* fileSeries(files: readonly string[], window: WindowName, { stdin }: ExporterHost): Generator<Series> {
  for (const file of files) {
    const bytes = file === '-' ? stdin : createReadStream(file);
    const plain = file.endsWith('.gz') ? Readable.from(bytes).pipe(createGunzip()) : bytes;
    yield { title: file, window, points: readSamples(plain) };
  }
}

type Points = ReturnType<typeof openHistory>['forecasts'];

function* historySeries(accounts: readonly string[], history: Points): Generator<Series> {
  for (const account of accounts) {
    for (const window of history.windowsSince(account, 0)) {
      yield { title: `${account} ${window}`, window, points: allPoints(account, window, history) };
    }
  }
}

function* allPoints(account: string, window: WindowName, { pointsAfter }: Points): Generator<UsagePoint> {
  let after = -1;
  for (;;) {
    const page = pointsAfter(account, window, after, PAGE);
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.at ?? after;
  }
}
