/** With it the benchmark changes accounts of its exporter. */
export const WRITE_TOKEN = 'bench-write-token';
