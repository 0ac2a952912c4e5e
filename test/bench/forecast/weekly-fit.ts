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
import { asRecorded, everyWeekFull, type Series, TYPICAL_QUOTA, teams, withQuota } from './training-sets.ts';

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

const EVERYONE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const THREE_SHIFTS = [
  [0, 5, 11],
  [0, 7, 100],
  [3, 50, 130],
];

// Only steady use is close enough to a bell curve for the margin to help.
const WITHOUT_MARGIN: readonly Kind[] = ['ordinary', 'light', 'heavy'];

function trainingParts(traces: readonly Trace[]): Record<Kind, readonly Part[]> {
  const six = teams(traces, SIX);
  const three = teams(traces, THREE);
  const even = (share?: number): readonly Series[] =>
    teams(traces, SIX, { shifts: FOUR_SHIFTS, ...(share === undefined ? {} : { share }) });
  // Nearly as even as agents that never sleep. Made of all traces, so they are left out where one is left out.
  const crowds = (share: number): readonly Series[] =>
    THREE_SHIFTS.flatMap((shifts) => teams(traces, EVERYONE, { share, shifts, count: 1 }));
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
      { series: crowds(TYPICAL_QUOTA), every: 3, weight: 2 },
      { series: crowds(0.9), every: 3, weight: 1 },
      { series: crowds(0.3), every: 3, weight: 1 },
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
