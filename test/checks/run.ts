// Part of `npm run check`: the rules of this repository that the formatter and the linter don't know.
import { fileURLToPath } from 'node:url';
import { checkFolderCycles } from './folder-cycles.ts';
import { checkFolderImports } from './folder-imports.ts';
import { importsOf } from './imports.ts';
import { checkLayout } from './layout.ts';
import { PENDING_PHRASES, PENDING_STRUCTURE } from './pending.ts';
import { checkPhrases } from './phrases.ts';
import { readSourceFiles } from './source-file.ts';
import { checkTimeLimits } from './time-limits.ts';

const files = readSourceFiles(fileURLToPath(new URL('../..', import.meta.url)));
const imports = importsOf(files);
const structure = [
  ...checkFolderImports(imports),
  ...checkFolderCycles(imports),
  ...checkLayout(files),
  ...checkTimeLimits(files),
];
const phrases = checkPhrases(files);

const showPending = process.argv.includes('--pending');
const shown = showPending
  ? [...structure, ...phrases]
  : [
      ...structure.filter(({ path }) => !PENDING_STRUCTURE.has(path)),
      ...phrases.filter(({ path }) => !PENDING_PHRASES.has(path)),
    ];

for (const { path, line, message } of shown) console.error(`${path}${line ? `:${line}` : ''}: ${message}`);
if (shown.length > 0) process.exitCode = 1;
