import { type Grade, mean, median } from '../../forecast/grading.ts';
import { METHOD_NAMES, type MethodName } from '../../forecast/method.ts';

/** Scores of one method over all graded windows. Shares are absent where no window allows them. */
export interface Score {
  readonly method: MethodName;
  readonly windows: number;
  readonly brier: number;
  readonly brierError: number;
  readonly falseAlarms?: Share;
  readonly missed?: Share;
  readonly leadHours?: number;
  readonly errorHours?: number;
  readonly coverage: number;
}

export interface Share {
  readonly share: number;
  /** Standard error. */
  readonly error: number;
}

const HOUR_MS = 3_600_000;

/** Returns the scores of the methods that graded windows, in the order of the methods. */
export function scoreMethods(grades: readonly Grade[]): readonly Score[] {
  return METHOD_NAMES.flatMap((method) => {
    const own = grades.filter((grade) => grade.method === method);
    return own.length === 0 ? [] : [scoreMethod(method, own)];
  });
}

function scoreMethod(method: MethodName, grades: readonly Grade[]): Score {
  const exhausted = grades.filter(({ outcome }) => outcome === 'hit' || outcome === 'missed');
  const healthy = grades.filter(({ outcome }) => outcome === 'false_alarm' || outcome === 'quiet');
  const leads = grades.flatMap(({ leadMs }) => leadMs ?? []);
  const errors = grades.flatMap(({ errorMs }) => errorMs ?? []);
  const briers = grades.map(({ brier }) => brier);
  return {
    method,
    windows: grades.length,
    brier: mean(briers),
    brierError: standardError(briers),
    ...(healthy.length === 0 ? {} : { falseAlarms: shareOf(healthy, 'false_alarm') }),
    ...(exhausted.length === 0 ? {} : { missed: shareOf(exhausted, 'missed') }),
    ...(leads.length === 0 ? {} : { leadHours: median(leads) / HOUR_MS }),
    ...(errors.length === 0 ? {} : { errorHours: median(errors) / HOUR_MS }),
    coverage: mean(grades.map(({ coverage }) => coverage)),
  };
}

function shareOf(grades: readonly Grade[], outcome: Grade['outcome']): Share {
  const share = grades.filter((grade) => grade.outcome === outcome).length / grades.length;
  return { share, error: Math.sqrt((share * (1 - share)) / grades.length) };
}

/** Of a mean; windows are independent enough, the hours within one are not. */
function standardError(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)) / (values.length - 1));
}

export interface Advice {
  readonly method: MethodName;
  /** Whether the difference to the default method is more than chance: beyond two standard errors. */
  readonly isClear: boolean;
}

const FEW_WINDOWS = 6;

/** Returns which method this account should use: the default one, unless another is clearly better. */
export function adviseMethod(grades: readonly Grade[]): Advice | undefined {
  const byWindow = Map.groupBy(grades, ({ resetsAt }) => resetsAt);
  const differences = METHOD_NAMES.filter((method) => method !== 'default').map((method) => {
    const values = [...byWindow.values()].flatMap((window) => {
      const [own, other] = ['default', method].map((name) => window.find((grade) => grade.method === name)?.brier);
      return own === undefined || other === undefined ? [] : [own - other];
    });
    return { method, values };
  });
  if (Math.max(...differences.map(({ values }) => values.length)) < FEW_WINDOWS) return undefined;
  const clear = (values: readonly number[]): boolean => Math.abs(mean(values)) > 2 * standardError(values);
  const better = differences
    .filter(({ values }) => mean(values) > 0 && clear(values))
    .toSorted((a, b) => mean(b.values) - mean(a.values))[0];
  if (better) return { method: better.method, isClear: true };
  return { method: 'default', isClear: differences.every(({ values }) => clear(values)) };
}
