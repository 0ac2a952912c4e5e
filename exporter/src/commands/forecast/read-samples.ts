import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { UsagePoint } from '../../forecast/method.ts';

/** A sample file that cannot be read. The message names the line. */
class SampleError extends Error {
  override readonly name = 'SampleError';
}

const COLUMNS = ['time', 'utilization', 'resets_at'] as const;
const MAX_PERCENT = 1000;

/** Reads CSV with the columns time, utilization and resets_at: Unix seconds and percent. @throws SampleError */
export async function* readSamples(input: AsyncIterable<Uint8Array>): AsyncGenerator<UsagePoint> {
  const lines = createInterface({ input: Readable.from(input), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  let positions: readonly number[] | undefined;
  for await (const line of lines) {
    number++;
    if (line.trim() === '') continue;
    const cells = line.split(',').map((cell) => cell.trim());
    if (positions)
      yield parseSample(
        positions.map((position) => cells[position] ?? ''),
        number,
      );
    else positions = findColumns(cells);
  }
  if (!positions) throw new SampleError(`The input is empty. Its first line must be ${COLUMNS.join(',')}.`);
}

function findColumns(header: readonly string[]): readonly number[] {
  return COLUMNS.map((column) => {
    const position = header.indexOf(column);
    if (position < 0) throw new SampleError(`Line 1 has no column ${column}. The header must be ${COLUMNS.join(',')}.`);
    return position;
  });
}

function parseSample(cells: readonly string[], line: number): UsagePoint {
  const [time = 0, percent = 0, resetsAt = 0] = cells.map((cell, k) => {
    const value = cell === '' ? Number.NaN : Number(cell);
    if (Number.isFinite(value) && value >= 0 && (k !== 1 || value <= MAX_PERCENT)) return value;
    const expected = k === 1 ? `a percentage from 0 to ${MAX_PERCENT}` : 'Unix seconds';
    throw new SampleError(`Line ${line}: ${COLUMNS[k]} is ${JSON.stringify(cell.slice(0, 40))}, expected ${expected}.`);
  });
  return { at: time * 1000, percent, resetsAt: resetsAt * 1000 };
}
