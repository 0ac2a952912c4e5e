import { createForecaster } from '../../forecast/forecaster.ts';
import { type Grade, gradeWindow } from '../../forecast/grading.ts';
import type { UsagePoint } from '../../forecast/method.ts';
import type { MethodSettings } from '../../forecast/methods/methods.ts';

/** Forecasts at every point of a series from earlier points only, and grades the finished windows. */
export async function gradeSeries(
  points: AsyncIterable<UsagePoint> | Iterable<UsagePoint>,
  settings: MethodSettings,
): Promise<readonly Grade[]> {
  let forecaster = createForecaster(settings);
  const grades: Grade[] = [];
  for await (const point of points) {
    const next = forecaster.observe(point);
    forecaster = next.forecaster;
    grades.push(...next.grades);
  }
  // The last window counts if its end was seen.
  const { last, grading } = forecaster.state();
  return last ? [...grades, ...gradeWindow(grading, last, settings.durationMs)] : grades;
}
