import type { Format } from '../src/metrics/exposition.ts';
import type { Telemetry } from '../src/metrics/telemetry.ts';

/** All of it in one text, as a scrape has it. */
export async function renderTelemetry(telemetry: Telemetry, format: Format): Promise<string> {
  return telemetry.renderCounters(format).join('') + (await telemetry.renderProgram(format));
}
