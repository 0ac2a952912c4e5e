import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RULES = fileURLToPath(new URL('../../rules', import.meta.url));
/** The exporter in the links of the rules. */
const USUAL_EXPORTER = 'http://127.0.0.1:10085/';

/**
 * Writes the project's rules into `target` and returns the files.
 *
 * @param exporter URL of the exporter that the links in alerts open
 * @param change changes the text of a rule file
 */
export function writeRules(target: string, exporter: string, change = (text: string): string => text): string[] {
  const alerts = readdirSync(join(RULES, 'alerts')).map((name) => join('alerts', name));
  mkdirSync(join(target, 'alerts'), { recursive: true });
  return ['recording.yml', ...alerts].map((name) => {
    const file = join(target, name);
    writeFileSync(file, change(readFileSync(join(RULES, name), 'utf8')).replaceAll(USUAL_EXPORTER, exporter));
    return file;
  });
}
