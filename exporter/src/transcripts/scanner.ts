import { readChunks } from './files/file-chunks.ts';
import { fingerprint } from './files/fingerprint.ts';
import { LineSplitter } from './files/line-splitter.ts';
import type { FoundFile, FoundFiles } from './files/transcript-files.ts';
import type { Place } from './ledger/ledger.ts';
import { PlaceReader, type Places } from './ledger/places.ts';
import { FastLine, OTHER, RESPONSE } from './lines/fast-line.ts';
import type { LineFields } from './lines/line-fields.ts';
import type { LimitHit, LineSink } from './lines/parsed-line.ts';
import { ParsedLine } from './lines/parsed-line.ts';
import { RequestTimes } from './lines/request-times.ts';

const SYNTHETIC = '<synthetic>';

/** Progress of reading a file. */
export interface FileState {
  readonly size: number;
  readonly changedNs: bigint;
  /** Bytes up to the end of the last whole line. */
  readonly consumed: number;
  /** Of the bytes before `consumed`, to tell an appended file from one that was written anew. */
  readonly fingerprint: number;
  readonly lastRequest: number;
  readonly lastResponse: number;
}

export interface ScanTotals {
  readonly files: number;
  readonly bytes: number;
  readonly damagedLines: number;
  /** Files and folders that exist and cannot be read. */
  readonly unreadable: readonly string[];
}

export interface ScanPorts {
  /** Called after each chunk with the bytes done and to do; a scan of hours must not keep others waiting. */
  readonly progress?: (done: number, total: number) => void | Promise<void>;
  readonly limitHit: (hit: LimitHit) => void;
}

/** Receives responses; a ledger is one. */
export interface ResponseSink {
  /** `fields` is reused; its positions refer to `bytes`. */
  add(fields: LineFields, bytes: Buffer, place: Place): void;
}

/** Reads what is new in the files into the ledger, and notes in `states` how far it got. */
export async function scan(
  found: FoundFiles,
  states: Map<string, FileState>,
  ledger: ResponseSink,
  places: Places,
  options: { readonly host: string; readonly mergeWorktrees: boolean },
  ports: ScanPorts,
): Promise<ScanTotals> {
  const unreadable = [...found.unreadable];
  const changed = found.files.filter((file) => hasChanged(file, states.get(file.identity)));
  const jobs = changed.map((file) => ({
    path: file.path,
    from: resumeAt(file, states.get(file.identity)),
    to: file.size,
  }));
  const total = jobs.reduce((bytes, { from, to }) => bytes + to - from, 0);
  const reader = new FileReader(ledger, places, options, ports.limitHit);
  let done = 0;
  let current = -1;
  for await (const chunk of readChunks(jobs)) {
    const file = changed[chunk.job] as FoundFile;
    const job = jobs[chunk.job] as (typeof jobs)[number];
    if (chunk.error !== undefined) {
      unreadable.push(file.path);
      continue;
    }
    if (chunk.job !== current) {
      current = chunk.job;
      reader.begin(file, job.from === 0 ? undefined : states.get(file.identity));
    }
    reader.chunk(chunk.buffer, chunk.end);
    if (chunk.isLast) states.set(file.identity, reader.finish(file, job.from, chunk.fd));
    done += chunk.end;
    await ports.progress?.(Math.min(done, total), total);
  }
  return { files: changed.length, bytes: total, damagedLines: reader.damagedLines, unreadable };
}

function hasChanged(file: FoundFile, state: FileState | undefined): boolean {
  return state === undefined || state.size !== file.size || state.changedNs !== file.changedNs;
}

/** A file that only grew is read from where it ended; any other from its beginning, because known lines do no harm. */
function resumeAt(file: FoundFile, state: FileState | undefined): number {
  if (state === undefined || file.size <= state.size) return 0;
  return fingerprint(file.path, state.consumed) === state.fingerprint ? state.consumed : 0;
}

class FileReader implements LineSink {
  damagedLines = 0;
  readonly limitHit: (hit: LimitHit) => void;
  readonly #ledger: ResponseSink;
  readonly #place: PlaceReader;
  readonly #fast = new FastLine();
  readonly #parsed = new ParsedLine();
  readonly #lines = new LineSplitter((bytes, start, end, isWhole) => this.#line(bytes, start, end, isWhole));
  readonly #synthetic: number;
  #times = new RequestTimes();

  constructor(
    ledger: ResponseSink,
    places: Places,
    options: { readonly host: string; readonly mergeWorktrees: boolean },
    limitHit: (hit: LimitHit) => void,
  ) {
    this.#ledger = ledger;
    this.limitHit = limitHit;
    this.#place = new PlaceReader(places, options.host, options);
    this.#place.requestedAt = (time) => this.#times.before(time);
    this.#synthetic = places.models.number(SYNTHETIC);
  }

  begin(file: FoundFile, state: FileState | undefined): void {
    this.#place.begin(file);
    this.#lines.begin();
    this.#times = new RequestTimes(state?.lastRequest, state?.lastResponse);
  }

  chunk(buffer: Buffer, end: number): void {
    this.#fast.forget();
    this.#lines.chunk(buffer, end);
    this.#times.settle();
  }

  finish(file: FoundFile, from: number, fd: number): FileState {
    this.#fast.forget();
    this.#lines.end();
    this.#times.settle();
    const consumed = from + this.#lines.consumed;
    const { size, changedNs } = file;
    const { request: lastRequest, response: lastResponse } = this.#times;
    return { size, changedNs, consumed, fingerprint: fingerprint(fd, consumed), lastRequest, lastResponse };
  }

  request(time: number): void {
    this.#times.at(time);
  }

  response(fields: LineFields, bytes: Buffer): void {
    const place = this.#place.read(fields, bytes);
    if (place.model === this.#synthetic) return;
    this.#ledger.add(fields, bytes, place);
    this.#times.response = fields.time;
  }

  #line(bytes: Buffer, start: number, end: number, isWhole: boolean): void {
    if (end === start) return;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#fast.forget();
    }
    const verdict = this.#fast.read(bytes, start, end);
    if (verdict === RESPONSE) this.response(this.#fast.fields, bytes);
    else if (verdict === OTHER) {
      if (this.#fast.isUser) this.#times.line(bytes, start, end);
    } else if (this.#parsed.read(bytes, start, end, this) && isWhole) this.damagedLines++;
  }

  #bytes: Buffer | undefined;
}
