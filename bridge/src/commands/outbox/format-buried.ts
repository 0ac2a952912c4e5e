import { oneLine } from '../../message/text.ts';
import type { BuriedMessage } from '../../outbox/buried-messages.ts';

const HEADINGS = ['ID', 'ROOM', 'KIND', 'ACCEPTED', 'ATTEMPTS', 'ALERTS', 'ERROR'];
const MAX_CELL_CHARACTERS = 80;

/** Formats buried messages as a table. */
export function formatBuried(messages: readonly BuriedMessage[]): string {
  if (messages.length === 0) return 'There are no buried messages.\n';
  const rows = [HEADINGS, ...messages.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function cellsOf({ id, room, kind, acceptedAt, attempts, error, source }: BuriedMessage): string[] {
  const { alerts, groupLabels } = source.group;
  const name = groupLabels.alertname ?? alerts[0]?.labels.alertname ?? 'Alert';
  const described = alerts.length === 1 ? name : `${alerts.length} ${name}`;
  const accepted = `${new Date(acceptedAt).toISOString().slice(0, 19)}Z`;
  return [String(id), room, kind, accepted, String(attempts), described, error].map((cell) =>
    oneLine(cell, MAX_CELL_CHARACTERS),
  );
}
