import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FastLine, OTHER, RESPONSE, UNSURE } from './fast-line.ts';
import { LineFields } from './line-fields.ts';
import { ParsedLine } from './parsed-line.ts';

const RUNS = 2000;

/** The fields of a line, with text instead of positions. */
function told(fields: LineFields, bytes: Buffer) {
  const text = (start: number, end: number) => bytes.toString('utf8', start, end);
  const { input, output, cacheRead, cacheWrite, write5m, write1h, thinking, webSearches } = fields;
  return {
    id: text(fields.idStart, fields.idEnd),
    model: text(fields.modelStart, fields.modelEnd),
    request: text(fields.requestStart, fields.requestEnd),
    session: text(fields.sessionStart, fields.sessionEnd),
    cwd: JSON.parse(`"${text(fields.cwdStart, fields.cwdEnd)}"`),
    time: fields.time,
    counts: { input, output, cacheRead, cacheWrite, write5m, write1h, thinking, webSearches },
    flags: [fields.isSidechain, fields.isFast, fields.isSidechain && fields.isFinished],
  };
}

function readParsed(line: Buffer) {
  const all: ReturnType<typeof told>[] = [];
  new ParsedLine().read(line, 0, line.length, {
    response: (fields, bytes) => all.push(told(fields, bytes)),
    limitHit: () => all.push({ ...told(new LineFields(), line), id: 'a limit hit' }),
    request: () => {},
  });
  return all;
}

/** It remembers the shapes of lines, so that the lines of all tests go through one. */
const fast = new FastLine();

function readFast(line: Buffer, buffer = line) {
  const verdict = fast.read(buffer, 0, line.length);
  return { verdict, response: verdict === RESPONSE ? told(fast.fields, buffer) : undefined };
}

function expectSame(line: Buffer, buffer = line) {
  const { verdict, response } = readFast(line, buffer);
  if (verdict === RESPONSE) expect([response]).toEqual(readParsed(line));
  if (verdict === OTHER) expect(readParsed(line)).toEqual([]);
  return verdict;
}

type Fields = Record<string, unknown>;

const usage = (count: (field: number) => number): Fields => ({
  input_tokens: count(0),
  cache_creation_input_tokens: count(1),
  cache_read_input_tokens: count(2),
  server_tool_use: { web_search_requests: count(3), web_fetch_requests: 0 },
  cache_creation: { ephemeral_5m_input_tokens: count(4), ephemeral_1h_input_tokens: count(5) },
  output_tokens: count(6),
  output_tokens_details: { thinking_tokens: count(7) },
  service_tier: 'standard',
  iterations: [{ type: 'message', input_tokens: count(0) }],
  speed: 'standard',
});

/** An ordinary response, of which a test changes some fields. */
function ordinary(counts: readonly number[], parent: string | null, time: Date): Fields {
  return {
    parentUuid: parent,
    isSidechain: counts.length % 2 === 1,
    cwd: '/home/ada/shop',
    sessionId: '0e5e5510-0001-4000-8000-00000000cafe',
    message: {
      model: 'claude-opus-5',
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'It says "usage":{"input_tokens":9}.' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: usage((field) => counts[field % counts.length] ?? 0),
    },
    requestId: 'req_1',
    type: 'assistant',
    uuid: '5b54e395-97dc-49a5-a1c2-2a6daeedaab5',
    timestamp: time.toISOString(),
    quotaLimits: {},
  };
}

const oddValue = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    0,
    -1,
    12.5,
    1e21,
    2 ** 53,
    2 ** 53 - 1,
    '7',
    '',
    true,
    [3],
    {},
    [],
    'assistant',
    'user',
  ),
  fc.constantFrom<unknown>(
    'fast',
    'C:\\shop',
    'a"b',
    '/home/ada/大明',
    '2026-02-31T00:00:00.000Z',
    '2026-10-12T10:00:00+02:00',
  ),
  fc.constantFrom<unknown>(
    { status: 'rejected', resetsAt: 1_791_813_600, rateLimitType: 'five_hour' },
    { sessionId: 's' },
  ),
  // What could be taken for the record's own.
  fc.constantFrom<unknown>(
    [{ stop_sequence: null, usage: usage(() => 7) }],
    [{ type: 'assistant', message: { id: 'msg_2', model: 'm', usage: usage(() => 8) } }],
    [{ type: 'advisor_message', model: 'claude-opus-5', input_tokens: 5, output_tokens: 6 }],
    usage(() => 9),
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const oddKey = fc.constantFrom(
  'input_tokenz',
  'typo',
  'ID',
  'modem',
  'requestIt',
  'usage',
  'message',
  'type',
  'forkedFrom',
  'x"y',
);
const change = fc.record({
  place: fc.nat(1000),
  kind: fc.constantFrom('set', 'remove', 'rename', 'first', 'last', 'add'),
  key: oddKey,
  value: oddValue,
});
const record = fc
  .tuple(
    fc.array(fc.nat(2_000_000), { minLength: 1, maxLength: 9 }),
    fc.option(fc.uuid()),
    fc.date({ noInvalidDate: true, min: new Date('2020-01-01'), max: new Date('2030-01-01') }),
    fc.array(change, { maxLength: 3 }),
  )
  .map(([counts, parent, time, changes]) => changes.reduce(apply, ordinary(counts, parent, time)));

function apply(value: Fields, change: { place: number; kind: string; key: string; value: unknown }): Fields {
  const places = placesIn(value, []);
  const path = places[change.place % places.length] ?? [];
  return changeAt(value, path, change) as Fields;
}

/** The paths of all members of all objects. */
function placesIn(value: unknown, above: readonly string[]): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [[...above, key], ...placesIn(member, [...above, key])]);
}

function changeAt(
  value: unknown,
  [key = '', ...below]: readonly string[],
  change: { kind: string; key: string; value: unknown },
): unknown {
  if (Array.isArray(value))
    return value.map((item, at) => (String(at) === key ? changeAt({ item }, ['item', ...below], change) : item));
  const entries = Object.entries(value as Fields);
  const at = entries.findIndex(([name]) => name === key);
  const entry = entries[at];
  if (!entry) return value;
  const others = entries.toSpliced(at, 1);
  if (below.length > 0) return Object.fromEntries(entries.with(at, [key, changeAt(entry[1], below, change)]));
  if (change.kind === 'set') return Object.fromEntries(entries.with(at, [key, change.value]));
  if (change.kind === 'rename') return Object.fromEntries(entries.with(at, [change.key, entry[1]]));
  if (change.kind === 'add') return Object.fromEntries(entries.toSpliced(at, 0, [change.key, change.value]));
  if (change.kind === 'first') return Object.fromEntries([entry, ...others]);
  return Object.fromEntries(change.kind === 'last' ? [...others, entry] : others);
}

test('a line is read as JSON.parse reads it, whatever its keys, their order and their values', {
  timeout: 120_000,
}, () => {
  const verdicts = new Map<number, number>();
  fc.assert(
    fc.property(record, (value) => {
      const verdict = expectSame(Buffer.from(JSON.stringify(value)));
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  // The test says something only if the fast path took part.
  expect(verdicts.get(RESPONSE)).toBeGreaterThan(RUNS / 3);
});

test('a record that was cut is not mixed with the next one on its line', { timeout: 120_000 }, () => {
  const whole = record.map(({ parentUuid: _, ...rest }) => JSON.stringify({ parentUuid: null, ...rest }));
  fc.assert(
    fc.property(whole, whole, fc.nat(), (first, second, cut) => {
      const line = Buffer.from(first.slice(0, cut % (first.length + 1)) + second);
      const { verdict, response } = readFast(line);
      if (verdict === RESPONSE) expect([response]).toEqual(readParsed(Buffer.from(second)));
      if (verdict === OTHER) expect(readParsed(Buffer.from(second))).toEqual([]);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});

test('what follows a line in the buffer does not matter', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(record, record, (value, next) => {
      const line = Buffer.from(JSON.stringify(value));
      expectSame(line, Buffer.concat([line, Buffer.from(`\n${JSON.stringify(next)}`)]));
    }),
    { numRuns: 500, endOnFailure: true },
  );
});

test('an ordinary response takes the fast path', () => {
  const line =
    '{"parentUuid":"5b54e395-97dc-49a5-a1c2-2a6daeedaab5","isSidechain":false,"cwd":"/home/ada/shop","sessionId":"s","message":{"model":"claude-opus-5","id":"msg_1","content":[{"type":"text","text":"a \\"usage\\":{} b"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":46,"iterations":[{"type":"message","input_tokens":3}],"speed":"fast"}},"requestId":"req_1","type":"assistant","timestamp":"2026-06-01T09:33:10.454Z"}';
  expect(readFast(Buffer.from(line)).verdict).toBe(RESPONSE);
  expect(readFast(Buffer.from(line.replace('"input_tokens":3', '"input_tokens":3.5'))).verdict).toBe(UNSURE);
});
