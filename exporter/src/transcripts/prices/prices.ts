import { priceName } from './model-name.ts';
import priceList from './price-list.json' with { type: 'json' };
import type { PriceRow } from './price-row.ts';

const MILLION = 1_000_000;
const WEB_SEARCH_DOLLARS = 0.01;

const LIST_PRICES: readonly PriceRow[] = priceList;

export interface Charge {
  /** Milliseconds; NaN if unknown, which takes the newest price. */
  readonly time: number;
  readonly isFast: boolean;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  /** All cache writes; what is neither of the next two costs what 5 minutes cost. */
  readonly cacheWrite: number;
  readonly write5m: number;
  readonly write1h: number;
  readonly webSearches: number;
}

/** Finds the list price of a response. Rows of `overrides` replace all rows of their models. */
export class Prices {
  /** Of each model the rows from the newest to the oldest, of one day those of the longest prompts first. */
  readonly #rows = new Map<string, PriceRow[]>();

  constructor(overrides: readonly PriceRow[] = []) {
    const replaced = new Set(overrides.flatMap(({ models }) => models.map(priceName)));
    const list = LIST_PRICES.flatMap((row) => splitRow(row)).filter(([model]) => !replaced.has(model));
    for (const [model, row] of [...list, ...overrides.flatMap(splitRow)]) {
      this.#rows.set(model, [...(this.#rows.get(model) ?? []), row].toSorted(newestFirst));
    }
  }

  /** The rows that a model has, newest first. */
  rows(model: string): readonly PriceRow[] {
    return this.#rows.get(priceName(model)) ?? [];
  }

  get models(): string[] {
    return [...this.#rows.keys()].toSorted();
  }
}

/** Returns the cost of a response in dollars, or undefined if its price is unknown. */
export function costOf(rows: readonly PriceRow[], charge: Charge): number | undefined {
  const row = rowFor(rows, charge);
  if (!row || (charge.isFast && row.fastFactor === undefined)) return undefined;
  const { input, output, cacheRead, write5m = input * 1.25, write1h = input * 2 } = row;
  const tokens =
    charge.input * input +
    charge.output * output +
    charge.cacheRead * cacheRead +
    (charge.cacheWrite - charge.write1h) * write5m +
    charge.write1h * write1h;
  const factor = charge.isFast ? (row.fastFactor ?? 1) : 1;
  return (tokens * factor) / MILLION + charge.webSearches * WEB_SEARCH_DOLLARS;
}

export function webSearchCost(searches: number): number {
  return searches * WEB_SEARCH_DOLLARS;
}

function rowFor(rows: readonly PriceRow[], { time, input, cacheRead, cacheWrite }: Charge): PriceRow | undefined {
  const [only] = rows;
  if (rows.length === 1 && only?.from === undefined && only?.promptAbove === undefined) return only;
  const prompt = input + cacheRead + cacheWrite;
  const inForce = rows.filter(({ from }) => from === undefined || Number.isNaN(time) || time >= Date.parse(from));
  const [newest] = inForce;
  return inForce.find(({ from, promptAbove = -1 }) => from === newest?.from && prompt > promptAbove);
}

function splitRow(row: PriceRow): [model: string, row: PriceRow][] {
  return row.models.map((model) => [priceName(model), row]);
}

function newestFirst(a: PriceRow, b: PriceRow): number {
  const days = (b.from ?? '').localeCompare(a.from ?? '');
  return days !== 0 ? days : (b.promptAbove ?? -1) - (a.promptAbove ?? -1);
}
