import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CLAUDE_USAGE, installClaude, readClaudeRun } from '../../exporter/test/claude-stand-in.ts';
import { runExporterCommand } from './exporter-command.ts';
import { readMetrics, startExporterProcess, untilSeries } from './exporter-process.ts';

let directory: string;
let running: AsyncDisposableStack;
beforeEach(() => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'claude-code-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  vi.stubEnv('PATH', `${directory}:${process.env.PATH}`);
  vi.stubEnv('ANTHROPIC_API_KEY', 'planted-key');
  running.defer(() => void vi.unstubAllEnvs());
});
afterEach(() => running.disposeAsync());

// The loopback endpoint allows a poll every second.
const CONFIG = `accounts: [{name: work, endpoint: "http://127.0.0.1:1", credentials: {claude_code: {}}}]
poll: {interval: 1s}`;
const series = (name: string, labels: string) => `claude_usage_${name}{account="work",${labels}}`;

test('an account without a token is polled through Claude Code, and its failures have reasons', async () => {
  installClaude(directory, { usage: CLAUDE_USAGE });
  const exporter = await startExporterProcess(directory, CONFIG);
  running.defer(() => exporter.stop());
  await untilSeries(exporter, series('utilization_ratio', 'window="five_hour"'), (ratio) => ratio === 0.42);
  const metrics = await readMetrics(exporter);
  expect(metrics).toContain(`${series('utilization_ratio', 'window="seven_day_fable"')} 0.91\n`);
  expect(metrics).toContain(`${series('source', 'source="claude_code"')} 1\n`);
  expect(metrics).toContain('claude_usage_plan_info{account="work",plan="claude_max",rate_limit_tier=""} 1\n');
  expect(Object.values(readClaudeRun(directory).env)).not.toContain('planted-key');

  installClaude(directory, { rejects: true });
  const polls = series('polls_total', 'outcome="program_failed"');
  await untilSeries(exporter, polls, (count = 0) => count > 0);
  expect(exporter.log()).toContain('Claude Code rejects the request for its usage; update Claude Code');
});

test('`once` asks Claude Code, and mentions it if its login is missing', async () => {
  installClaude(directory, { usage: CLAUDE_USAGE });
  const once = (config: string) => {
    writeFileSync(join(directory, 'config.yaml'), config);
    const data = join(directory, 'data');
    return runExporterCommand(['once', '--config.file', join(directory, 'config.yaml'), '--storage.path', data]);
  };
  const { exitCode, out } = await once(CONFIG);
  expect(exitCode).toBe(0);
  expect(out).toMatch(/\nwork +five_hour +42% .* claude_code /);

  mkdirSync(join(directory, 'empty'));
  const missing = await once('accounts: [{name: other, credentials: {claude_config_dir: empty}}]');
  expect(missing.out).toContain('or set `credentials: {claude_code: {}}`');
});
