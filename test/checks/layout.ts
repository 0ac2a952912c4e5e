import { isCode, isTest, type Problem, type SourceFile } from './source-file.ts';

const TOP_LEVEL = ['exporter', 'bridge', 'common', 'rules', 'grafana', 'deploy', 'test', '.ci', '.github'];

/** The files and folders that a `src` may contain directly. Without `files`, any file may lie there. */
const SOURCES: Readonly<Record<string, { readonly files?: readonly string[]; readonly folders: readonly string[] }>> = {
  'exporter/src': {
    files: ['main', 'app', 'pipeline', 'events', 'ports'],
    folders: [
      'commands',
      'config',
      'credentials',
      'usage',
      'statusline',
      'transcripts',
      'poll',
      'account',
      'history',
      'forecast',
      'metrics',
      'web',
    ],
  },
  'bridge/src': {
    files: ['main', 'app', 'config', 'events', 'metrics', 'fatal-error'],
    folders: [
      'commands',
      'web',
      'alerts',
      'alertmanager',
      'outbox',
      'message',
      'delivery',
      'chat',
      'matrix',
      'key-store',
    ],
  },
  'common/src': { folders: ['web', 'outbound'] },
};

const LONGEST_FILE = 300;
const LONGEST_MEDIAN = 80;

/** Reports files in places where nobody looks for them, and files that do too much. */
export function checkLayout(files: readonly SourceFile[]): Problem[] {
  return [...files.flatMap(({ path }) => checkPlace(path)), ...checkLengths(files)];
}

function checkPlace(path: string): Problem[] {
  const parts = path.split('/');
  const [top = '', second = '', third = ''] = parts;
  if (parts.length > 1 && !TOP_LEVEL.includes(top)) {
    return [{ path, message: `top-level folder ${top}/ is not one of ${TOP_LEVEL.join(', ')}` }];
  }
  const source = SOURCES[`${top}/${second}`];
  if (!source) return [];
  const folder = `${top}/${second}`;
  if (parts.length > 3) {
    if (source.folders.includes(third)) return [];
    return [{ path, message: `${folder}/ has no folder ${third}/, only ${source.folders.join(', ')}` }];
  }
  if (!source.files || source.files.includes(subjectOf(third, source.files))) return [];
  return [{ path, message: `only ${source.files.join(', ')} lie directly in ${folder}/` }];
}

/** `pipeline-reload.test.ts` tests `pipeline.ts`. */
function subjectOf(file: string, subjects: readonly string[]): string {
  const name = file.replace(/(\.test)?\.ts$/, '');
  if (!isTest(file)) return name;
  return subjects.find((subject) => name === subject || name.startsWith(`${subject}-`)) ?? name;
}

function checkLengths(files: readonly SourceFile[]): Problem[] {
  const sources = files.filter(({ path }) => /^[a-z]+\/src\//.test(path) && isCode(path) && !isTest(path));
  const lengths = sources.map(({ text }) => text.trimEnd().split('\n').length);
  const tooLong = sources.flatMap(({ path }, index) => {
    const length = lengths[index] ?? 0;
    return length > LONGEST_FILE ? [{ path, message: `${length} lines, at most ${LONGEST_FILE}` }] : [];
  });
  const median = lengths.toSorted((a, b) => a - b)[Math.floor(lengths.length / 2)] ?? 0;
  if (median <= LONGEST_MEDIAN) return tooLong;
  return [...tooLong, { path: '*/src', message: `median file of ${median} lines, at most ${LONGEST_MEDIAN}` }];
}
