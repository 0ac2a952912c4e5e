import { defineConfig } from 'vitest/config';

// One project a kind of evidence. `unit` needs nothing but Node; the others start real servers and run one file at a
// time, because they share two cores and time their own windows.
const real = { pool: 'forks', fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{common,exporter,bridge,deploy,test}/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/{integration,e2e,soak}/**', 'test/live/usage-endpoint.test.ts'],
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
