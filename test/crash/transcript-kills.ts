import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createTranscriptService } from '../../exporter/src/transcripts/daemon/transcript-service.ts';
import { response, SESSION, TranscriptFolder } from '../../exporter/test/transcripts.ts';

const SCANNER = fileURLToPath(new URL('./transcript-scanner.ts', import.meta.url));
const FILES = 5;

/** Counters after each kill and at the end, and the true totals. */
export interface KillReport {
  readonly outputs: readonly number[];
  readonly final: { readonly output: number; readonly messages: number };
  readonly truth: { readonly output: number; readonly messages: number };
}

/** Kills a scanner `kills` times at random moments while transcripts grow, are cut, and are written anew. */
export async function killScanner(kills: number, random: () => number): Promise<KillReport> {
  using folder = new TranscriptFolder();
  const written = new Map<string, number>();
  for (let file = 0; file < FILES; file++) folder.write(nameOf(file));
  let halfLine: { file: number; rest: string } | undefined;
  const write = () => {
    const file = halfLine?.file ?? Math.floor(random() * FILES);
    if (halfLine) {
      appendFileSync(folder.at(nameOf(file)), halfLine.rest);
      halfLine = undefined;
      return;
    }
    const id = `msg_${Math.floor(random() * (written.size + 3))}`;
    const output = (written.get(id) ?? 0) + Math.floor(random() * 50);
    written.set(id, output);
    const line = `${response({ id, usage: { output_tokens: output } })}\n`;
    const dice = random();
    if (dice < 0.1) {
      // Written anew in another order; nothing may be lost that no scan has seen.
      const lines = readFileSync(folder.at(nameOf(file)), 'utf8')
        .split('\n')
        .filter(Boolean);
      writeFileSync(folder.at(nameOf(file)), [line, ...lines.toReversed().map((old) => `${old}\n`)].join(''));
    } else if (dice < 0.3) {
      appendFileSync(folder.at(nameOf(file)), line.slice(0, 300));
      halfLine = { file, rest: line.slice(300) };
    } else appendFileSync(folder.at(nameOf(file)), line);
  };

  const outputs: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    for (let line = 0; line < 20; line++) write();
    const scanner = spawn(process.execPath, [SCANNER, folder.path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(scanner, 'close');
    await once(scanner.stdout, 'data');
    for (let line = 0; line < 10; line++) {
      write();
      await setTimeout(random() * 5);
    }
    scanner.kill('SIGKILL');
    await closed;
    outputs.push(counted(folder).output);
  }
  if (halfLine) write();
  const sum = [...written.values()].reduce((all, output) => all + output, 0);
  return { outputs, final: await rescanned(folder), truth: { output: sum, messages: written.size } };
}

function nameOf(file: number): string {
  return `-home-ada-shop/${SESSION}-${file}.jsonl`;
}

function open(folder: TranscriptFolder) {
  return createTranscriptService(
    {
      databasePath: join(folder.path, 'transcripts.sqlite'),
      host: 'desk',
      roots: [{ folder: join(folder.path, 'projects'), account: '' }],
      mergeWorktrees: true,
      prices: [],
    },
    { now: Date.now, progressed() {} },
  );
}

function counted(folder: TranscriptFolder) {
  using service = open(folder);
  return totals(service.snapshot().series);
}

async function rescanned(folder: TranscriptFolder) {
  using service = open(folder);
  await service.rescan();
  return totals(service.snapshot().series);
}

function totals(series: readonly { readonly output: number; readonly messages: number }[]) {
  const output = series.reduce((all, one) => all + one.output, 0);
  return { output, messages: series.reduce((all, one) => all + one.messages, 0) };
}
