import { type Forecast, HOUR_MS, type Method, type MethodName, type UsagePoint } from '../method.ts';
import { DEFAULT_LINEAR_HOURS, linear } from './linear.ts';
import { rhythm } from './rhythm.ts';
import { session } from './session.ts';
import { windowAverage } from './window-average.ts';

// Shorter windows are about the present session, longer ones about the rhythm of the week.
const MAX_SESSION_MS = 24 * HOUR_MS;

export interface MethodSettings {
  readonly durationMs: number;
  readonly linearHours?: number;
}

/** A method with its memory. Immutable: observing returns the next one. */
export interface RunningMethod {
  readonly name: MethodName;
  /** Plain JSON. */
  readonly memory: unknown;
  observe(point: UsagePoint): RunningMethod;
  forecast(): Forecast;
}

/** Starts every method, the default one first. `memories` continues from memories of the same release. */
export function startMethods(
  { durationMs, linearHours = DEFAULT_LINEAR_HOURS }: MethodSettings,
  memories: Readonly<Partial<Record<MethodName, unknown>>> = {},
): readonly RunningMethod[] {
  return [
    durationMs <= MAX_SESSION_MS ? resume(session(), memories) : resume(rhythm(), memories),
    resume(linear(linearHours), memories),
    resume(windowAverage(durationMs), memories),
  ];
}

function resume<Memory>(
  method: Method<Memory>,
  memories: Readonly<Partial<Record<MethodName, unknown>>>,
): RunningMethod {
  const stored = memories[method.name];
  // The version that is stored beside a memory vouches for its shape.
  return run(method, stored === undefined ? method.start : (stored as Memory));
}

function run<Memory>(method: Method<Memory>, memory: Memory): RunningMethod {
  return {
    name: method.name,
    memory,
    observe: (point) => run(method, method.observe(memory, point)),
    forecast: () => method.forecast(memory),
  };
}
