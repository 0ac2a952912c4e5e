import { buildInfo } from '@repo/common/build-info';
import { addFileOptions, createCommand, fileFlags, parseArguments } from '@repo/common/command-line';
import { loadConfiguration } from '@repo/common/program';
import { EXIT } from '@repo/common/program-host';
import { loadConfig } from '../../config/config.ts';
import type { PriceRow } from '../../transcripts/prices/price-row.ts';
import { Prices } from '../../transcripts/prices/prices.ts';
import { type ExporterHost, machine, PROGRAM } from '../exporter-host.ts';

const HELP = `
Prices are in dollars per million tokens. To override the price of a model or to add one, list it under
transcripts.prices in the configuration. A web search costs 0.01 dollars. Models that are not listed are unpriced.`;

/** `claude-usage-exporter prices`, from its arguments to its exit code. */
export async function runPrices(host: ExporterHost): Promise<number> {
  const command = createCommand(`${PROGRAM.name} prices`, 'Lists the prices that costs are computed with.', host)
    .option('--json', 'print JSON instead of a table', false)
    .addHelpText('after', HELP);
  const options = parseArguments(addFileOptions(command, PROGRAM, host.env), host.args);
  if ('exitCode' in options) return Number(options.exitCode);
  const loaded = loadConfiguration(fileFlags(options, PROGRAM, host.env), host, ({ text, source }, context) =>
    loadConfig(text, source, { ...context, ...machine(host), version: buildInfo.version }),
  );
  if ('exitCode' in loaded) return loaded.exitCode;
  const prices = new Prices(loaded.config.transcripts.prices);
  const rows = prices.models.flatMap((model) => prices.rows(model).map((row) => ({ model, ...fields(row) })));
  host.out(options.json ? `${JSON.stringify(rows, undefined, 2)}\n` : table(rows));
  return EXIT.ok;
}

function fields({ from, promptAbove, input, output, cacheRead, write5m, write1h, fastFactor, source }: PriceRow) {
  return {
    from: from ?? '',
    prompt_above: promptAbove ?? '',
    input,
    output,
    cache_read: cacheRead,
    cache_write_5m: write5m ?? input * 1.25,
    cache_write_1h: write1h ?? input * 2,
    fast_factor: fastFactor ?? '',
    source: source ?? '',
  };
}

function table(rows: readonly Readonly<Record<string, string | number>>[]): string {
  const headings = Object.keys(rows[0] ?? {});
  const cells = [headings, ...rows.map((row) => headings.map((heading) => String(row[heading])))];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
