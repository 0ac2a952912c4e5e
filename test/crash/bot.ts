// The process that gets killed: posts row after row into the room and reads what others say, until it dies.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { openKeyStore } from '../../bridge/src/key-store/key-store.ts';
import { OlmClient } from '../fakes/homeserver/olm-client.ts';
import type { BotConfig, BotReport } from './bot-process.ts';
import { commitAfterComplete } from './late-commit.ts';

const config = JSON.parse(process.argv[2] ?? '') as BotConfig;

await openKeyStore({
  path: `${config.directory}/keys.sqlite`,
  fault(point, commit) {
    if (point === config.killAt?.point && commit === config.killAt.commit) process.kill(process.pid, 'SIGKILL');
  },
});
if (config.lateCommit) commitAfterComplete();
const client = await OlmClient.open(config.url, config.device, Buffer.from(config.storeKey, 'base64'));
report({ ready: client.machine.identityKeys.ed25519.toBase64() });

await read();
for (let row = nextRow(); ; row++) {
  if (row % 4 === 0) await read();
  if (Math.random() < 0.15) await client.rotate();
  await client.shareRoomKey(config.recipients);
  await client.put(`row-${row}`, await client.encrypt({ body: `row ${row}` }));
  acknowledge(row);
  report({ sent: row });
}

async function read(): Promise<void> {
  for (const event of await client.sync()) {
    await client.decrypt(event).then(
      () => report({ decrypted: event.event_id }),
      ({ description }) => report({ undecryptable: `${event.event_id} of ${event.sender}: ${description}` }),
    );
  }
}

/** A row is acknowledged after it was sent, so a crash in between sends it again, under the same transaction id. */
function nextRow(): number {
  return existsSync(rowFile()) ? Number(readFileSync(rowFile(), 'utf8')) + 1 : 0;
}

function acknowledge(row: number): void {
  writeFileSync(`${rowFile()}.new`, String(row));
  renameSync(`${rowFile()}.new`, rowFile());
}

function rowFile(): string {
  return `${config.directory}/acknowledged-row`;
}

function report(line: BotReport): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
