// The process that gets killed: scans a configuration directory again and again, until it dies.
import { join } from 'node:path';
import { createTranscriptService } from '../../exporter/src/transcripts/daemon/transcript-service.ts';

const [directory = '', commitEveryMs = '0'] = process.argv.slice(2);
using service = createTranscriptService(
  {
    databasePath: join(directory, 'transcripts.sqlite'),
    host: 'desk',
    roots: [{ folder: join(directory, 'projects'), account: '' }],
    mergeWorktrees: true,
    prices: [],
    commitEveryMs: Number(commitEveryMs),
  },
  { now: Date.now, progressed() {} },
);
process.stdout.write('ready\n');
for (;;) {
  await service.rescan();
  process.stdout.write('scanned\n');
}
