import { range } from './demand.ts';

/** Rows of terms with their answers (0 or 1) and weights; `x` has `columns` numbers per row. */
export interface Examples {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly weight: Float32Array;
}

// Rows overlap, so all of them together count as if they were so many independent ones.
const INDEPENDENT_ROWS = 90;
const MAX_ROUNDS = 15;

/** Fits a logistic regression with a ridge of 1 on standardized terms. Returns the constant, then one coefficient per column. */
export function fitLogistic(sets: readonly Examples[], columns: number): readonly number[] {
  const total = sets.reduce((sum, { weight }) => sum + weight.reduce((a, b) => a + b, 0), 0);
  const { mean, deviation } = moments(sets, columns, total);
  const size = columns + 1;
  const beta = new Float64Array(size);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { gradient, hessian } = derivatives(sets, beta, mean, deviation, INDEPENDENT_ROWS / total);
    for (let a = 1; a < size; a++) {
      hessian[a * size + a] = (hessian[a * size + a] ?? 0) + 1;
      gradient[a] = (gradient[a] ?? 0) - (beta[a] ?? 0);
    }
    const step = solve(
      range(size).map((a) => range(size).map((b) => hessian[Math.max(a, b) * size + Math.min(a, b)] ?? 0)),
      [...gradient],
    );
    step.forEach((change, a) => {
      beta[a] = (beta[a] ?? 0) + change;
    });
    if (Math.max(...step.map(Math.abs)) < 1e-5) break;
  }
  const slopes = range(columns).map((j) => (beta[j + 1] ?? 0) / (deviation[j] ?? 1));
  const constant = slopes.reduce((sum, slope, j) => sum - slope * (mean[j] ?? 0), beta[0] ?? 0);
  return [constant, ...slopes];
}

function moments(
  sets: readonly Examples[],
  columns: number,
  total: number,
): { mean: Float64Array; deviation: Float64Array } {
  const mean = new Float64Array(columns);
  const squares = new Float64Array(columns);
  for (const { x, weight } of sets) {
    weight.forEach((w, i) => {
      for (let j = 0; j < columns; j++) {
        const value = x[i * columns + j] ?? 0;
        mean[j] = (mean[j] ?? 0) + (w * value) / total;
        squares[j] = (squares[j] ?? 0) + (w * value * value) / total;
      }
    });
  }
  return { mean, deviation: squares.map((square, j) => Math.sqrt(Math.max(0, square - (mean[j] ?? 0) ** 2)) || 1) };
}

function derivatives(
  sets: readonly Examples[],
  beta: Float64Array,
  mean: Float64Array,
  deviation: Float64Array,
  scale: number,
): { gradient: Float64Array; hessian: Float64Array } {
  const [size, columns] = [beta.length, mean.length];
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const z = new Float64Array(size).fill(1);
  for (const { x, y, weight } of sets) {
    for (let i = 0; i < weight.length; i++) {
      let logit = beta[0] ?? 0;
      for (let j = 0; j < columns; j++) {
        const value = ((x[i * columns + j] ?? 0) - (mean[j] ?? 0)) / (deviation[j] ?? 1);
        z[j + 1] = value;
        logit += (beta[j + 1] ?? 0) * value;
      }
      const p = 1 / (1 + Math.exp(-logit));
      const w = (weight[i] ?? 0) * scale;
      const pull = w * ((y[i] ?? 0) - p);
      const curvature = w * p * (1 - p);
      for (let a = 0; a < size; a++) {
        const za = z[a] ?? 0;
        gradient[a] = (gradient[a] ?? 0) + pull * za;
        for (let b = 0; b <= a; b++)
          hessian[a * size + b] = (hessian[a * size + b] ?? 0) + curvature * za * (z[b] ?? 0);
      }
    }
  }
  return { gradient, hessian };
}

/** Gaussian elimination with pivoting. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): readonly number[] {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  const cell = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 0; i < n; i++) {
    const pivot = range(n)
      .slice(i)
      .reduce((best, j) => (Math.abs(cell(j, i)) > Math.abs(cell(best, i)) ? j : best), i);
    const swapped = rows[i] ?? [];
    rows[i] = rows[pivot] ?? [];
    rows[pivot] = swapped;
    for (let j = i + 1; j < n; j++) {
      const factor = cell(j, i) / cell(i, i);
      rows[j] = (rows[j] ?? []).map((value, k) => (k < i ? value : value - factor * cell(i, k)));
    }
  }
  const solution = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    const rest = range(n)
      .slice(i + 1)
      .reduce((sum, j) => sum + cell(i, j) * (solution[j] ?? 0), 0);
    solution[i] = (cell(i, n) - rest) / cell(i, i);
  }
  return solution;
}
