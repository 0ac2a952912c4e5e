import { formatDuration } from '@repo/common/duration';
import { windowSource } from '../../account/current-usage.ts';

import { type Severity, type Thresholds, thresholdsOf } from '../../usage/thresholds.ts';
import type { WindowUsage } from '../../usage/usage-body.ts';
import type { OnceReport } from './once.ts';

export interface TableOptions {
  readonly thresholds: Thresholds;
  readonly now: number;
  /** True if a terminal shows the table in colours. */
  readonly coloured: boolean;
  /** IANA name; the system's by default. */
  readonly timeZone?: string;
}

interface Cell {
  readonly text: string;
  readonly severity?: Severity;
}

const NOT_REPORTED =
  'not polled, because it has no login, and Claude Code has not reported its usage recently; use `claude-usage-exporter statusline` or `claude-usage-exporter events`';
const HEAD = ['ACCOUNT', 'WINDOW', 'USED', 'RESETS', 'SOURCE', 'AGE'].map((text) => ({ text }));
const RIGHT_ALIGNED: ReadonlySet<number> = new Set([2, 5]);
const COLOURS: Record<Severity, string> = { info: '\x1b[36m', warning: '\x1b[33m', critical: '\x1b[1;31m' };
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Renders the usage of all accounts, followed by notes. */
export function renderOnceTable(reports: readonly OnceReport[], options: TableOptions): string {
  const rows = [HEAD, ...reports.flatMap((report) => accountRows(report, options))];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.text.length ?? 0)));
  const lines = rows.map((row) => renderRow(row, widths, options.coloured));
  const notes = reports.flatMap((report) => accountNotes(report, options));
  return `${[...lines, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n')}\n`;
}

function accountRows({ view: { state, current } }: OnceReport, { thresholds, now, timeZone }: TableOptions): Cell[][] {
  if (!current || current.snapshot.windows.length === 0) {
    return [[state.account, '-', '-', '-', current?.source ?? '-', '-'].map((text) => ({ text }))];
  }
  return current.snapshot.windows.map((usage) => {
    const { source, seenAt } = windowSource(current, usage.window);
    return [
      { text: state.account },
      { text: usage.window },
      usedCell(usage, thresholds),
      { text: resetText(usage.resetsAt, now, timeZone) },
      { text: source },
      { text: roundedSpan(now - seenAt) },
    ];
  });
}

function usedCell({ window, percent }: WindowUsage, thresholds: Thresholds): Cell {
  const reached = thresholdsOf(window, thresholds).findLast((threshold) => percent >= threshold.percent);
  const severity = percent >= 100 ? 'critical' : reached?.severity;
  const text = `${percent.toLocaleString('en', { maximumFractionDigits: 1, useGrouping: false })}%`;
  return { text, ...(severity === undefined ? {} : { severity }) };
}

function resetText(resetsAt: number | undefined, now: number, timeZone: string | undefined): string {
  if (resetsAt === undefined) return 'not started';
  const span = roundedSpan(Math.abs(resetsAt - now));
  return `${resetsAt > now ? `in ${span}` : `${span} ago`} (${localTime(resetsAt, timeZone)})`;
}

function accountNotes({ view, notBefore }: OnceReport, { now, timeZone }: TableOptions): string[] {
  const { account, lastPoll, blockedUntil, pausedUntil, snapshot } = view.state;
  const notes: string[] = [];
  if (!view.polled && !view.current) notes.push(NOT_REPORTED);
  if (!view.current && snapshot) {
    notes.push(`the last usage known is ${roundedSpan(now - snapshot.fetchedAt)} old, too old to be shown`);
  }
  if (view.current?.snapshot.windows.length === 0) notes.push('the API reports no usage windows');
  if (lastPoll?.detail !== undefined) notes.push(`the last poll failed: ${lastPoll.detail} (${lastPoll.outcome})`);
  if (notBefore !== undefined) {
    const reason =
      blockedUntil !== undefined && blockedUntil > now
        ? 'the API requested a pause'
        : pausedUntil !== undefined && pausedUntil > now
          ? 'because the API has answered with 403'
          : 'to stay within the request limits';
    notes.push(`not polled now, ${reason}; the next poll is possible at ${localTime(notBefore, timeZone)}`);
  }
  return notes.map((note) => `${account}: ${note}`);
}

function renderRow(row: readonly Cell[], widths: readonly number[], coloured: boolean): string {
  const cells = row.map(({ text, severity }, column) => {
    const width = widths[column] ?? 0;
    const padded = RIGHT_ALIGNED.has(column) ? text.padStart(width) : text.padEnd(width);
    return coloured && severity ? `${COLOURS[severity]}${padded}\x1b[0m` : padded;
  });
  return cells.join('  ').trimEnd();
}

/** Rounds to at most two units. */
function roundedSpan(ms: number): string {
  const unit = ms < MINUTE ? SECOND : ms < DAY ? MINUTE : HOUR;
  return formatDuration(Math.floor(Math.max(0, ms) / unit) * unit);
}

/** Like `Fri 24 Jul 17:00`, because a reset is up to a week away. */
function localTime(ms: number, timeZone: string | undefined): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    ...(timeZone === undefined ? {} : { timeZone }),
  });
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  return `${parts.get('weekday')} ${parts.get('day')} ${parts.get('month')} ${parts.get('hour')}:${parts.get('minute')}`;
}
