import { z } from 'zod';

/** A point of a series: Unix milliseconds, value. */
export type Point = readonly [at: number, value: number];

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Oldest first, without gaps filled in. */
  readonly points: readonly Point[];
}

export interface RangeQuery {
  /** PromQL. */
  readonly query: string;
  /** Unix milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly stepMs: number;
}

/** A picture shows no more, and a query with a mistake may match everything. */
const MAX_SERIES = 12;

const responseSchema = z.object({
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});

/**
 * Evaluates a query over a range by Prometheus' HTTP API.
 * @param fetch limits the answer's size and time
 * @throws Error when Prometheus cannot be reached or rejects the query
 */
export async function queryRange(
  prometheusUrl: string,
  { query, start, end, stepMs }: RangeQuery,
  fetch: typeof globalThis.fetch,
): Promise<readonly Series[]> {
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  const response = await fetch(`${prometheusUrl.replace(/\/+$/, '')}/api/v1/query_range`, {
    method: 'POST',
    body: new URLSearchParams({ query, start: seconds(start), end: seconds(end), step: seconds(stepMs) }),
    redirect: 'manual',
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`Prometheus rejected the chart query with status ${response.status}`);
  }
  const { data, success } = responseSchema.safeParse(await response.json());
  if (!success) throw new Error('Prometheus returned no matrix for the chart query');
  return data.data.result.slice(0, MAX_SERIES).map(({ metric, values }) => ({
    labels: metric,
    points: values
      .map(([at, value]): Point => [at * 1000, Number(value)])
      .filter(([, value]) => Number.isFinite(value)),
  }));
}
