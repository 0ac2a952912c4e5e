import type { Import } from './imports.ts';
import { isTest, type Problem } from './source-file.ts';

/** Files that match `from` must not import what matches `to`. */
interface Rule {
  readonly from: (path: string) => boolean;
  readonly to: (path: string) => boolean;
  readonly message: string;
}

const isBelow = (folder: string) => (path: string) => path.startsWith(`${folder}/`);
const isSource = (path: string) => /^[a-z]+\/src\//.test(path) && !isTest(path);
const isTestFolder = (path: string) => /^([a-z]+\/)?test\//.test(path);

const RULES: readonly Rule[] = [
  { from: isSource, to: isTestFolder, message: 'src must not import test' },
  { from: isSource, to: isBelow('deploy'), message: 'src must not import deploy' },
  { from: isBelow('deploy'), to: isTestFolder, message: 'deploy must not import test' },
  {
    from: isBelow('common'),
    to: (path) => /^(exporter|bridge|rules|grafana|deploy|test)\//.test(path),
    message: 'common must not import another top-level folder',
  },
  { from: isBelow('common/src/outbound'), to: isBelow('common/src/web'), message: 'outbound must not import web' },
  { from: isBelow('exporter'), to: isBelow('bridge'), message: 'the exporter must not import the bridge' },
  { from: isBelow('bridge'), to: isBelow('exporter'), message: 'the bridge must not import the exporter' },
  {
    from: (path) => !path.startsWith('bridge/src/matrix/'),
    to: (path) => /^matrix-js-sdk(\/|$)/.test(path),
    message: 'only bridge/src/matrix may import matrix-js-sdk',
  },
];

/** Reports imports that cross folders in a forbidden direction. */
export function checkFolderImports(imports: readonly Import[]): Problem[] {
  return imports.flatMap(({ from, to, line }) =>
    RULES.filter((rule) => rule.from(from) && rule.to(to)).map(({ message }) => ({
      path: from,
      line,
      message: `${message}, but imports ${to}`,
    })),
  );
}
