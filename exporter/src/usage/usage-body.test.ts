import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capturedBody } from '../../test/captured-body.ts';
import { describeErrors, parseUsageBody } from './usage-body.ts';
import { TOP_LEVEL_WINDOWS } from './windows.ts';

const RESET = '2026-07-27T09:00:00.614420+00:00';
const NOW = Date.parse('2026-07-22T12:00:00Z');
const at = (hours: number) => new Date(NOW + hours * 3_600_000).toISOString();
const parse = (body: unknown) => parseUsageBody(body, NOW);

function percents(body: unknown): Record<string, number> {
  return Object.fromEntries(parse(body)?.windows.map(({ window, percent }) => [window, percent]) ?? []);
}

describe('captured bodies', () => {
  test.each([
    ['february-2026', { five_hour: 23, seven_day: 61, seven_day_opus: 12, seven_day_sonnet: 0 }],
    ['may-2026', { five_hour: 42, seven_day: 57, seven_day_opus: 31, seven_day_sonnet: 8.5 }],
    ['july-2026', { five_hour: 57, seven_day: 30, seven_day_fable: 48 }],
    ['october-2026', { five_hour: 64, seven_day: 83, seven_day_fable: 91, seven_day_cowork: 0 }],
    ['unstarted-session', { five_hour: 0, seven_day: 30, seven_day_fable: 48 }],
    ['lapsed-account', {}],
    ['enterprise-seat', { five_hour: 12, seven_day: 104 }],
  ])('%s has its windows, no errors and nothing unknown', (name, windows) => {
    const body = capturedBody(name);
    expect(percents(body)).toEqual(windows);
    expect(parse(body)).toMatchObject({ schemaErrors: [], unknownKeys: [] });
  });

  test('resets are read to the millisecond, and a null one is absent', () => {
    const report = parse(capturedBody('february-2026'));
    expect(report?.windows[0]?.resetsAt).toBe(Date.parse('2026-02-17T14:00:00.418Z'));
    expect(report?.windows.find(({ window }) => window === 'seven_day_sonnet')).not.toHaveProperty('resetsAt');
  });

  test('the currently limiting window is active', () => {
    const active = parse(capturedBody('october-2026'))?.windows.filter((window) => window.active);
    expect(active?.map(({ window }) => window)).toEqual(['seven_day']);
  });
});

describe('limits', () => {
  const row = (more: object) => ({ kind: 'weekly_scoped', percent: 5, resets_at: RESET, is_active: false, ...more });
  const scoped = (display_name: string) => row({ scope: { model: { display_name }, surface: null } });

  test('the top-level value wins over a row, and a row stands in for a null', () => {
    const limits = [row({ kind: 'session', percent: 99 }), row({ kind: 'weekly_all', percent: 7 })];
    expect(percents({ five_hour: { utilization: 98.6, resets_at: RESET }, seven_day: null, limits })).toEqual({
      five_hour: 98.6,
      seven_day: 7,
    });
  });

  test('a row replaces a top-level value of a past period, or without a reset', () => {
    const limits = [row({ kind: 'session', percent: 7, is_active: true, resets_at: at(4) })];
    for (const resets_at of [at(-1), null]) {
      expect(parse({ five_hour: { utilization: 3, resets_at }, limits })?.windows).toEqual([
        { window: 'five_hour', percent: 7, resetsAt: NOW + 4 * 3_600_000, active: true },
      ]);
    }
  });

  describe('of two rows of one window', () => {
    const fable = (more: object) => ({ ...scoped('Fable'), ...more });
    const NEXT = { percent: 12, resets_at: at(24) };
    test.each<[string, object, object, object]>([
      ['that of the current period counts', { percent: 100, resets_at: at(-1), is_active: true }, NEXT, NEXT],
      [
        'the fuller one counts',
        { percent: 10, resets_at: at(24) },
        { percent: 95, resets_at: at(24) },
        { percent: 95 },
      ],
      ['the active one counts if both are as full', { is_active: false }, { is_active: true }, { active: true }],
      [
        'the flag of the other one does not count',
        { percent: 10, is_active: true },
        { percent: 95 },
        { active: false },
      ],
      ['that without a reset is a placeholder', { percent: 99, resets_at: null }, { percent: 5 }, { percent: 5 }],
      ['the one that ends next counts', { percent: 80, resets_at: at(100) }, NEXT, NEXT],
      [
        'that of the later past period counts',
        { percent: 80, resets_at: at(-9) },
        { percent: 9, resets_at: at(-1) },
        { percent: 9 },
      ],
    ])('%s', (_name, one, other, shown) => {
      const { resets_at: _reset, ...expected } = { resets_at: '', ...shown };
      for (const rows of [
        [one, other],
        [other, one],
      ]) {
        expect(parse({ limits: rows.map(fable) })?.windows).toEqual([
          expect.objectContaining({ window: 'seven_day_fable', ...expected }),
        ]);
      }
    });
  });

  test('are complete where they list something and nothing is wrong', () => {
    const isComplete = (body: object) => parse(body)?.isComplete;
    expect(isComplete({ limits: [row({ kind: 'session' })] })).toBe(true);
    expect(isComplete({ limits: [row({ kind: 'session' }), null] })).toBe(false);
    expect(isComplete({ five_hour: { utilization: 5, resets_at: null }, limits: [] })).toBe(false);
    expect(isComplete({ five_hour: { utilization: 5, resets_at: null } })).toBe(false);
  });

  test('a surface names the window where no model does', () => {
    const scope = { model: { id: null, display_name: null }, surface: { display_name: 'Cowork Chat' } };
    expect(percents({ limits: [row({ scope })] })).toEqual({ seven_day_cowork_chat: 5 });
  });

  test('a window keeps the display name of its model, cut to a length that fits a page', () => {
    const named = (name: string) => parse({ limits: [scoped(name)] })?.windows[0];
    expect(named('Fable 5')).toMatchObject({ window: 'seven_day_fable_5', displayName: 'Fable 5' });
    expect(named('x'.repeat(500))?.displayName).toHaveLength(60);
  });

  test('sixteen windows with a scope are kept, the others are reported', () => {
    const report = parse({ limits: Array.from({ length: 18 }, (_, i) => scoped(`Model ${i}`)) });
    expect(report?.windows).toHaveLength(16);
    expect(report?.schemaErrors.map(({ message }) => message)).toEqual([
      'limits[16]: skipped, because at most 16 windows with a scope are exported',
      'limits[17]: skipped, because at most 16 windows with a scope are exported',
    ]);
  });

  test('an unknown kind is named and is no window', () => {
    const report = parse({ limits: [row({ kind: 'monthly' })] });
    expect(report).toEqual({ windows: [], unknownKeys: ['limits[].kind monthly'], schemaErrors: [], isComplete: true });
  });
});

describe('a utilization of null is not known', () => {
  test('and costs neither the window of a row nor an error', () => {
    const unknown = { utilization: null, resets_at: null };
    const limits = [
      { kind: 'session', percent: null },
      { kind: 'weekly_all', percent: 8, resets_at: RESET },
    ];
    expect(parse({ five_hour: unknown, seven_day: unknown, limits })).toMatchObject({
      windows: [{ window: 'seven_day', percent: 8 }],
      schemaErrors: [],
    });
  });

  test('for all windows leaves the extra usage', () => {
    const extra_usage = { is_enabled: true, used_credits: 2500, currency: 'USD', decimal_places: 2 };
    expect(parse({ five_hour: { utilization: null, resets_at: RESET }, limits: [], extra_usage })).toEqual({
      windows: [],
      extraUsage: { enabled: true, used: { amount: 25, currency: 'USD' } },
      unknownKeys: [],
      schemaErrors: [],
      isComplete: false,
    });
  });
});

describe('hostile bodies', () => {
  const window = (more: object) => ({ five_hour: { utilization: 5, resets_at: RESET, ...more } });

  test.each<[string, unknown, string[]]>([
    ['text for a number', window({ utilization: '57' }), ['five_hour.utilization: must be a number']],
    [
      'infinity',
      JSON.parse('{"five_hour":{"utilization":1e999,"resets_at":null}}'),
      ['five_hour.utilization: must be a number'],
    ],
    ['a time for a number', window({ utilization: 1_795_000_000 }), ['five_hour.utilization: must not be above 1000']],
    ['a negative number', window({ utilization: -1 }), ['five_hour.utilization: must not be negative']],
    ['a missing number', { five_hour: { resets_at: RESET } }, ['five_hour.utilization: must be a number']],
    ['no date', window({ resets_at: 'soon' }), ['five_hour.resets_at: must be a date and time with its offset']],
    [
      'a date without offset',
      window({ resets_at: '2026-07-22T15:10:00' }),
      ['five_hour.resets_at: must be a date and time with its offset'],
    ],
    [
      'a date that does not exist',
      window({ resets_at: '2026-02-30T15:10:00Z' }),
      ['five_hour.resets_at: must be a date and time with its offset'],
    ],
    [
      'seconds for a date',
      window({ resets_at: 1_795_000_000 }),
      ['five_hour.resets_at: must be a date and time with its offset'],
    ],
    ['a list for a window', { five_hour: [57] }, ['five_hour: must be an object']],
    ['text for a window', { five_hour: '57' }, ['five_hour: must be an object']],
    ['an object for the limits', { limits: { kind: 'session' } }, ['limits: must be a list']],
    ['null for a limit', { limits: [null] }, ['limits[0]: must be an object']],
    [
      'a limit without scope',
      { limits: [{ kind: 'weekly_scoped', percent: 5 }] },
      ['limits[0].scope: must name a model or a surface'],
    ],
    [
      'text for a flag',
      { limits: [{ kind: 'session', percent: 5, is_active: 'yes' }] },
      ['limits[0].is_active: must be true or false'],
    ],
  ])('%s is an error of its section', (_name, body, messages) => {
    const report = parse(body);
    expect(report?.schemaErrors.map(({ message }) => message)).toEqual(messages);
    expect(report?.windows).toEqual([]);
  });

  test('a bad section costs that section only', () => {
    const body = { ...capturedBody('may-2026'), seven_day: { utilization: 'much' } };
    expect(percents(body)).toEqual({ five_hour: 42, seven_day_opus: 31, seven_day_sonnet: 8.5 });
  });

  test.each([
    [null],
    [undefined],
    [7],
    ['usage'],
    [true],
    [[]],
    [[{ five_hour: null }]],
    [{}],
    [{ error: { type: 'x' } }],
  ])('%j is no usage body', (body) => {
    expect(parse(body)).toBeUndefined();
  });

  test('unknown keys are counted, and bounded in number and length', () => {
    const keys = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}_${'x'.repeat(1000)}`, null]));
    const { unknownKeys = [] } = parse({ five_hour: null, ...keys }) ?? {};
    expect(unknownKeys).toHaveLength(50);
    expect(Math.max(...unknownKeys.map((key) => key.length))).toBe(60);
  });

  test('a line about many errors stays short', () => {
    const { schemaErrors = [] } = parse({ limits: Array(1000).fill(null) }) ?? {};
    expect(schemaErrors).toHaveLength(200);
    expect(describeErrors(schemaErrors)).toBe(
      `${[0, 1, 2, 3, 4].map((i) => `limits[${i}]: must be an object`).join('; ')}; and 195 more`,
    );
  });

  test('depth does not matter', () => {
    const deep = JSON.parse(`${'[{"scope":'.repeat(50_000)}1${'}]'.repeat(50_000)}`);
    expect(parse({ five_hour: deep, limits: deep, iguana_necktie: deep })?.windows).toEqual([]);
  });

  test('a key of every object is not a section', () => {
    const body = JSON.parse('{"__proto__":{"five_hour":1},"constructor":1,"seven_day":null}');
    expect(parse(body)).toEqual({
      windows: [],
      unknownKeys: ['__proto__', 'constructor'],
      schemaErrors: [],
      isComplete: false,
    });
  });

  const utilization = fc.oneof(fc.jsonValue(), fc.double());
  const resets_at = fc.oneof(
    fc.jsonValue(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  );
  const limit = fc.record(
    {
      kind: fc.oneof(fc.constantFrom('session', 'weekly_all', 'weekly_scoped'), fc.jsonValue()),
      percent: utilization,
      resets_at,
      scope: fc.oneof(fc.jsonValue(), fc.record({ model: fc.record({ display_name: fc.string() }) })),
      is_active: fc.oneof(fc.boolean(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const bodies = fc.dictionary(
    fc.oneof(fc.constantFrom(...TOP_LEVEL_WINDOWS), fc.string()),
    fc.oneof(fc.jsonValue(), fc.record({ utilization, resets_at }, { requiredKeys: [] })),
  );

  test('whatever comes, windows are finite and their names are labels', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(bodies, fc.oneof(fc.array(limit), fc.jsonValue()), (sections, limits) => {
        const windows = parse({ ...sections, limits })?.windows ?? [];
        for (const { window, percent, resetsAt } of windows) {
          expect(window).toMatch(/^(five_hour|seven_day(_[a-z0-9_]+)?)$/);
          expect(percent).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(percent)).toBe(true);
          expect(resetsAt === undefined || Number.isInteger(resetsAt)).toBe(true);
        }
        expect(new Set(windows.map(({ window }) => window)).size).toBe(windows.length);
      }),
      { numRuns: 500 },
    );
  });
});
