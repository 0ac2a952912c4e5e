// Part of `npm run check`: the rules of this repository that the formatter and the linter don't know.
import { fileURLToPath } from 'node:url';
import { checkFolderCycles } from './folder-cycles.ts';
import { checkFolderImports } from './folder-imports.ts';
import { importsOf } from './imports.ts';
import { checkLayout } from './layout.ts';
import { checkPhrases } from './phrases.ts';
import { readSourceFiles } from './source-file.ts';
import { checkTimeLimits } from './time-limits.ts';

const files = readSourceFiles(fileURLToPath(new URL('../..', import.meta.url)));
const imports = importsOf(files);
const problems = [
  ...checkFolderImports(imports),
  ...checkFolderCycles(imports),
  ...checkLayout(files),
  ...checkTimeLimits(files),
  ...checkPhrases(files),
];

for (const { path, line, message } of problems) console.error(`${path}${line ? `:${line}` : ''}: ${message}`);
if (problems.length > 0) process.exitCode = 1;
