import type { Advice, Score, Share } from './scorecard.ts';

const HEAD = ['METHOD', 'WINDOWS', 'BRIER', 'FALSE ALARMS', 'MISSED', 'LEAD', 'ERROR', 'IN RANGE'];

/** Renders the scores of one series as a table, and which method to use. */
export function renderScores(title: string, scores: readonly Score[], advice: Advice | undefined): string {
  if (scores.length === 0) return `${title}: no finished window with forecasts\n`;
  const rows = [HEAD, ...scores.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [title, ...lines, adviceLine(advice), ''].join('\n');
}

function cellsOf({
  method,
  windows,
  brier,
  brierError,
  falseAlarms,
  missed,
  leadHours,
  errorHours,
  coverage,
}: Score): string[] {
  return [
    method,
    String(windows),
    Number.isNaN(brierError) ? brier.toFixed(3) : `${brier.toFixed(3)} ± ${brierError.toFixed(3)}`,
    shareText(falseAlarms),
    shareText(missed),
    leadHours === undefined ? '-' : `${leadHours.toFixed(1)} h`,
    errorHours === undefined ? '-' : `${errorHours.toFixed(1)} h`,
    `${Math.round(100 * coverage)} %`,
  ];
}

function shareText(share: Share | undefined): string {
  return share === undefined ? '-' : `${Math.round(100 * share.share)} ± ${Math.round(100 * share.error)} %`;
}

function adviceLine(advice: Advice | undefined): string {
  if (!advice) return 'Use default: there are too few windows to tell the methods apart.';
  if (advice.method !== 'default') return `Use ${advice.method}: it is better here than default by more than chance.`;
  return advice.isClear
    ? 'Use default: it is better here than the others by more than chance.'
    : 'Use default: no other method is better here by more than chance.';
}
