import { alarmPolicyFor } from './alarm-policy.ts';
import { type Grade, type Grading, gradeWindow, NEW_GRADING, recordForecasts } from './grading.ts';
import type { Forecast, MethodName, UsagePoint } from './method.ts';
import { type MethodSettings, type RunningMethod, startMethods } from './methods/methods.ts';
import { isNewWindow } from './new-window.ts';

/** Plain JSON of a forecaster, valid for one release of the methods. */
export interface ForecasterState {
  readonly last: UsagePoint | null;
  readonly memories: Readonly<Partial<Record<MethodName, unknown>>>;
  readonly grading: Grading;
}

/** Forecasts and grades one window name of one account. Immutable: observing returns the next one. */
export interface Forecaster {
  readonly last: UsagePoint | null;
  /** Adds a point. `grades` has entries when the point begins a new window. */
  observe(point: UsagePoint): { readonly forecaster: Forecaster; readonly grades: readonly Grade[] };
  /** Forecasts of all methods as of the last point, the default one first. */
  forecasts(): readonly (readonly [MethodName, Forecast])[];
  state(): ForecasterState;
}

export function createForecaster(settings: MethodSettings, state?: ForecasterState): Forecaster {
  return build(settings, {
    last: state?.last ?? null,
    methods: startMethods(settings, state?.memories),
    grading: state?.grading ?? NEW_GRADING,
  });
}

interface Parts {
  readonly last: UsagePoint | null;
  readonly methods: readonly RunningMethod[];
  readonly grading: Grading;
}

function build(settings: MethodSettings, { last, methods, grading }: Parts): Forecaster {
  const { durationMs } = settings;
  const policy = alarmPolicyFor(durationMs);
  return {
    last,
    observe(point) {
      if (last && point.at <= last.at) return { forecaster: build(settings, { last, methods, grading }), grades: [] };
      const isNew = last !== null && isNewWindow(last, point);
      const grades = isNew ? gradeWindow(grading, last, durationMs) : [];
      const next = methods.map((method) => method.observe(point));
      const forecasts = () => next.map((method) => [method.name, method.forecast()] as const);
      const graded = recordForecasts(isNew ? NEW_GRADING : grading, point, durationMs, policy, forecasts);
      return { forecaster: build(settings, { last: point, methods: next, grading: graded }), grades };
    },
    forecasts: () => methods.map((method) => [method.name, method.forecast()] as const),
    state: () => ({ last, memories: Object.fromEntries(methods.map(({ name, memory }) => [name, memory])), grading }),
  };
}
