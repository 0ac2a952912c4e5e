import type { Format } from '../exposition.ts';
import type { Telemetry } from '../telemetry.ts';

/** All of it in one text, as a scrape has it. */
export async function renderTelemetry(telemetry: Telemetry, format: Format): Promise<string> {
  return telemetry.renderCounters(format).join('') + (await telemetry.renderProgram(format));
}
