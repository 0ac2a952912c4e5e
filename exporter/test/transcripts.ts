import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findTranscripts } from '../src/transcripts/files/transcript-files.ts';
import { Prices } from '../src/transcripts/prices/prices.ts';
import { scanOnce } from '../src/transcripts/scan-once.ts';
import { summarize } from '../src/transcripts/summary.ts';
import { summaryJson } from '../src/transcripts/summary-json.ts';

export const SESSION = '0e5e5510-0001-4000-8000-00000000cafe';
export const OPUS = 'claude-opus-5';

export interface ResponseOptions {
  readonly id?: string;
  /** `null` leaves it out. */
  readonly requestId?: string | null;
  readonly session?: string;
  readonly cwd?: string;
  readonly model?: string | null;
  readonly at?: string;
  readonly usage?: Readonly<Record<string, unknown>>;
  readonly record?: Readonly<Record<string, unknown>>;
  readonly stopReason?: string | null;
}

/** One record of a response, as Claude Code writes it. */
export function response(options: ResponseOptions = {}): string {
  const { id = 'msg_1', requestId = `req_${id}`, session = SESSION, cwd = '/home/ada/shop', model = OPUS } = options;
  const { at = '2026-10-12T09:00:00.000Z', usage = {}, record = {}, stopReason = 'end_turn' } = options;
  return JSON.stringify({
    parentUuid: null,
    isSidechain: false,
    userType: 'external',
    cwd,
    sessionId: session,
    version: '2.1.286',
    gitBranch: 'main',
    message: {
      model,
      id,
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Done.' }],
      stop_reason: stopReason,
      stop_sequence: null,
      usage: { input_tokens: 10, output_tokens: 100, service_tier: 'standard', ...usage },
    },
    ...(requestId !== null && { requestId }),
    type: 'assistant',
    uuid: `uuid-of-${id}`,
    timestamp: at,
    ...record,
  });
}

/** A configuration directory that is removed at the end of its scope. */
export class TranscriptFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'transcripts-'));

  /** Writes a transcript of lines; `file` is relative to the folder of projects. */
  write(file: string, ...lines: readonly string[]): void {
    this.writeText(file, lines.map((line) => `${line}\n`).join(''));
  }

  writeText(file: string, text: string | Uint8Array): void {
    const path = this.at(file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  at(file: string): string {
    return join(this.path, 'projects', file);
  }

  async scan(now = Date.parse('2026-10-12T12:00:00Z')) {
    const found = findTranscripts([{ folder: join(this.path, 'projects'), account: '' }]);
    const scanned = await scanOnce(found, { host: 'desk', mergeWorktrees: true }, () => {});
    const facts = {
      hits: scanned.hits,
      unreadableFiles: scanned.totals.unreadable.length,
      damagedLines: scanned.totals.damagedLines,
      now,
    };
    return summaryJson(summarize(scanned, new Prices()), facts) as ReturnType<typeof summaryJson> & ScanJson;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

interface TotalsJson {
  readonly input: number;
  readonly output: number;
  readonly cacheCreate: number;
  readonly cacheRead: number;
  readonly cc5m: number;
  readonly cc1h: number;
  readonly messages: number;
  readonly sessions?: number;
  readonly cost?: number;
}

interface ScanJson {
  readonly total: TotalsJson;
  readonly byModel: Record<string, TotalsJson>;
  readonly byProject: Record<string, TotalsJson & { slug: string }>;
  readonly byDayUTC: Record<string, TotalsJson>;
  readonly window?: { start: string; end: string; input: number };
  readonly windows: readonly { start: string; end: string; input: number; output: number }[];
  readonly limitHits: Record<string, number>;
  readonly unpricedTokens: number;
  readonly thinkingTokens: number;
  readonly webSearches: number;
  readonly unfinishedResponses: number;
  readonly unreadableFiles: number;
  readonly damagedLines: number;
}
