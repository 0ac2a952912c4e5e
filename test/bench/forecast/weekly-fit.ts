import { KINDS, type Kind } from '../../../exporter/src/forecast/rhythm/account-kind.ts';
import type { RhythmMemory } from '../../../exporter/src/forecast/rhythm/memory.ts';
import { START } from '../../../exporter/src/forecast/rhythm/memory.ts';
import { observe } from '../../../exporter/src/forecast/rhythm/observe.ts';
import type { Coefficients } from '../../../exporter/src/forecast/rhythm/reach.ts';
import { TERMS } from '../../../exporter/src/forecast/rhythm/terms.ts';
import { COLUMNS, examplesOf } from './examples.ts';
import { replay } from './replay.ts';
import { type Examples, fitLogistic } from './ridge-logistic.ts';
import type { Trace } from './trace.ts';
import { asRecorded, everyWeekFull, type Series, teams, withQuota } from './training-sets.ts';

const THREE = [0, 4, 8];
const SIX = [0, 2, 4, 7, 9, 11];
// Each member four times, its clock shifted by so many hours.
const FOUR_SHIFTS = [0, 5, 11, 50];

interface Part {
  readonly series: readonly Series[];
  /** Every n-th moment is used. */
  readonly every: number;
  readonly weight: number;
}

// Only steady use is close enough to a bell curve for the margin to help.
const WITHOUT_MARGIN: readonly Kind[] = ['ordinary', 'light', 'heavy'];

function trainingParts(traces: readonly Trace[]): Record<Kind, readonly Part[]> {
  const six = teams(traces, SIX);
  const three = teams(traces, THREE);
  const even = (share?: number): readonly Series[] =>
    teams(traces, SIX, { shifts: FOUR_SHIFTS, ...(share === undefined ? {} : { share }) });
  return {
    ordinary: [
      { series: asRecorded(traces), every: 3, weight: 1 },
      { series: three, every: 6, weight: 0.3 },
      { series: six, every: 6, weight: 0.3 },
    ],
    steady: [
      { series: three, every: 6, weight: 0.5 },
      { series: six, every: 6, weight: 1 },
      { series: teams(traces, SIX, { share: 0.9 }), every: 6, weight: 0.5 },
      { series: even(), every: 6, weight: 1 },
      { series: even(0.9), every: 6, weight: 0.5 },
      { series: even(0.3), every: 6, weight: 0.5 },
    ],
    light: [
      { series: withQuota(traces, 0.9), every: 6, weight: 1 },
      { series: withQuota(traces, 1.2), every: 6, weight: 1 },
    ],
    heavy: [
      { series: everyWeekFull(traces), every: 6, weight: 2 },
      { series: withQuota(traces, 0.3), every: 6, weight: 1 },
    ],
  };
}

interface TrainingSet extends Examples {
  readonly members: readonly number[];
}

/** Prepares the training data once; the returned function fits the coefficients, without one trace if it is given. */
export function prepareWeeklyFit(traces: readonly Trace[]): (without?: number) => Coefficients {
  const parts = trainingParts(traces);
  const cache = new Map<Series, readonly ReturnType<typeof replay<RhythmMemory>>[number][]>();
  const momentsOf = (series: Series): ReturnType<typeof replay<RhythmMemory>> => {
    const moments = cache.get(series) ?? replay({ start: START, observe }, series.rows);
    cache.set(series, moments);
    return moments;
  };
  const sets = Object.fromEntries(
    KINDS.map((kind) => [
      kind,
      parts[kind].flatMap(({ series, every, weight }) =>
        series.map(
          (one): TrainingSet => ({
            ...mask(examplesOf(one.rows, momentsOf(one), every, weight), kind),
            members: one.members,
          }),
        ),
      ),
    ]),
  );
  const fitKind = (kind: Kind, without?: number): readonly number[] =>
    fitLogistic(
      (sets[kind] ?? []).filter(({ members }) => without === undefined || !members.includes(without)),
      COLUMNS,
    ).map((coefficient) => Math.round(coefficient * 1000) / 1000);
  return (without) => ({
    ordinary: fitKind('ordinary', without),
    steady: fitKind('steady', without),
    light: fitKind('light', without),
    heavy: fitKind('heavy', without),
  });
}

function mask(examples: Examples, kind: Kind): Examples {
  const margin = TERMS.indexOf('margin');
  if (!WITHOUT_MARGIN.includes(kind)) return examples;
  return { ...examples, x: examples.x.map((value, i) => (i % COLUMNS === margin ? 0 : value)) };
}
