// `npm run build:promtool-3`: builds the promtool of Prometheus 3 from its Go module into .cache/, where the tests of the
// rules find it. Debian has Prometheus 2, and range selectors differ between the two.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = 'v0.316.0';
const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));
const source = join(cache, 'promtool-3');

mkdirSync(source, { recursive: true });
writeFileSync(
  join(source, 'go.mod'),
  `module tools\n\ngo 1.26\n\nrequire github.com/prometheus/prometheus ${VERSION}\n`,
);
writeFileSync(
  join(source, 'tools.go'),
  '//go:build tools\n\npackage tools\n\nimport _ "github.com/prometheus/prometheus/cmd/promtool"\n',
);
execFileSync(
  'go',
  [
    'build',
    '-mod=mod',
    // Without the service discovery of every cloud the build takes minutes in place of a quarter of an hour.
    '-tags=remove_all_sd,enable_http_sd',
    `-o=${join(cache, 'bin', 'promtool-3')}`,
    'github.com/prometheus/prometheus/cmd/promtool',
  ],
  { cwd: source, stdio: 'inherit' },
);
