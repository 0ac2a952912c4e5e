import { lastPart, type Summary } from '../../transcripts/summary.ts';
import type { ScanFacts } from '../../transcripts/summary-json.ts';
import type { Totals } from '../../transcripts/totals.ts';

const MOST_PROJECTS = 15;
const HEADINGS = ['messages', 'input', 'output', 'cache write', 'cache read', 'cost'] as const;

/** The totals by project and by model, for a person. */
export function renderTranscriptsTable(
  summary: Summary,
  facts: ScanFacts,
  { coloured }: { coloured: boolean },
): string {
  if (summary.total.messages === 0 && summary.total.tokens === 0) return 'No messages found.\n';
  const bold = (text: string) => (coloured ? `\x1b[1m${text}\x1b[22m` : text);
  const byCost = (entries: Iterable<[string, Totals]>) =>
    [...entries].toSorted(([, a], [, b]) => b.cost - a.cost || b.tokens - a.tokens);
  const projects = byCost(summary.byProject);
  const shown = projects.slice(0, MOST_PROJECTS).map(([name, totals]) => row(shortName(name, projects), totals));
  const hidden = projects.length - shown.length;
  const models = byCost(summary.byModel).map(([name, totals]) => row(name, totals));
  const rows = [...shown, ...models, row('total', summary.total)];
  const widths = [0, 1, 2, 3, 4, 5, 6].map((column) =>
    Math.max(...[...rows, ['', ...HEADINGS]].map((cells) => (cells[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ');
  return [
    bold(line(['project', ...HEADINGS])),
    ...shown.map(line),
    ...(hidden > 0 ? [`and ${hidden} more projects`] : []),
    '',
    bold(line(['model', ...HEADINGS])),
    ...models.map(line),
    '',
    bold(line(row('total', summary.total))),
    ...notes(summary, facts),
    '',
  ].join('\n');
}

function row(name: string, { messages, input, output, cacheWrite, cacheRead, cost, unpriced }: Totals): string[] {
  const price = unpriced > 0 && cost === 0 ? 'unpriced' : `$${grouped(cost, 2)}`;
  return [name, ...[messages, input, output, cacheWrite, cacheRead].map((count) => grouped(count, 0)), price];
}

function notes(summary: Summary, { now, unreadableFiles }: ScanFacts): string[] {
  const window = summary.windows.find(({ start, end }) => start <= now && now < end);
  const lines: string[] = [];
  if (summary.total.unpriced > 0) lines.push(`${grouped(summary.total.unpriced, 0)} tokens have no known price.`);
  if (window) {
    const tokens = window.input + window.output + window.cacheWrite + window.cacheRead;
    const [start, end] = [clock(window.start), clock(window.end)];
    lines.push(`5-hour window ${start} to ${end} (estimate): ${grouped(tokens, 0)} tokens.`);
  }
  if (unreadableFiles > 0) lines.push(`${unreadableFiles} files cannot be read, and are not counted.`);
  return lines.length > 0 ? ['', ...lines] : [];
}

/** The last part of a path, unless two projects share it. */
function shortName(name: string, projects: readonly (readonly [string, Totals])[]): string {
  const short = lastPart(name);
  return projects.filter(([other]) => lastPart(other) === short).length > 1 ? name : short;
}

function grouped(value: number, digits: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function clock(time: number): string {
  return new Date(time).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}
