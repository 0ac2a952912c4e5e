/** Price of a model in dollars per million tokens. */
export interface PriceRow {
  readonly models: readonly string[];
  /** First day in UTC. If absent, from the beginning. */
  readonly from?: string | undefined;
  /** Holds for requests whose prompt, cache reads and writes included, is longer than this. */
  readonly promptAbove?: number | undefined;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  /** Defaults to 1.25 times the input. */
  readonly write5m?: number | undefined;
  /** Defaults to twice the input. */
  readonly write1h?: number | undefined;
  /** Factor for fast mode. If absent, the price of fast mode is unknown. */
  readonly fastFactor?: number | undefined;
  readonly source?: string | undefined;
}
