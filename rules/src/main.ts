#!/usr/bin/env node
// Generates the rules with options of your own: node rules/src/main.ts --config=options.yml --output=DIR
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { kubernetesFiles, plainFiles } from './generated-files.ts';
import { rulesOptionsSchema } from './options.ts';

const HELP = `Usage: node rules/src/main.ts --output=DIR [--config=FILE] [--kubernetes]

Writes the recording and alerting rules with your options.

  --output=DIR    folder to write to
  --config=FILE   YAML file with options; the defaults are those of the committed files
  --kubernetes    write a PrometheusRule instead of plain rule files

Options in FILE
${optionLines()}`;

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    output: { type: 'string' },
    kubernetes: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help || values.output === undefined) {
  process.stdout.write(HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  const options = rulesOptionsSchema.safeParse(values.config ? parse(readFileSync(values.config, 'utf8')) : {});
  if (options.success) {
    for (const { path, text } of (values.kubernetes ? kubernetesFiles : plainFiles)(options.data)) {
      const file = join(values.output, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      process.stdout.write(`${file}\n`);
    }
  } else {
    process.stderr.write(`Invalid options in ${values.config}:\n${z.prettifyError(options.error)}\n`);
    process.exitCode = 2;
  }
}

function optionLines(): string {
  return Object.entries(rulesOptionsSchema.shape)
    .map(([name, schema]) => `  ${name.padEnd(26)} ${schema.description ?? 'see rules/src/options.ts'}\n`)
    .join('');
}
