import { defineConfig } from 'vitest/config';

// One project per kind of evidence (test/README.md). Limits are generous: a limit ends a test that hangs, and a busy
// machine must not fail one that only waits for its turn.
const unit = { testTimeout: 60_000, hookTimeout: 60_000 } as const;

// Real servers share two cores, so their files run one at a time.
const real = { pool: 'forks', fileParallelism: false, testTimeout: 300_000, hookTimeout: 300_000 } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{common,exporter,bridge,deploy,test}/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/{integration,e2e,soak}/**', 'test/live/usage-endpoint.test.ts'],
          ...unit,
        },
      },
      { test: { name: 'rules', include: ['rules/**/*.test.ts'], ...real } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...real } },
      // Asks the real API, and only for whoever sets LIVE_TOKENS_DIR.
      { test: { name: 'live', include: ['test/live/usage-endpoint.test.ts'], ...real } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...real } },
      { test: { name: 'soak', include: ['test/soak/**/*.test.ts'], ...real, testTimeout: 3_600_000 } },
    ],
  },
});
