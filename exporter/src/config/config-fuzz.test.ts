import { ConfigError } from '@repo/common/config';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from './config.ts';

const TOKEN = 'sk-ant-oat01-Planted9Secret_q7Xw2LbVd5ZrTn8K';

const scalar = fc.oneof(
  fc.constantFrom(
    '5m',
    '1s',
    '0',
    '~',
    '',
    'https://api.anthropic.com',
    'http://127.0.0.1:1',
    TOKEN,
    `x ${TOKEN}`,
    null,
  ),
  fc.double(),
  fc.boolean(),
  fc.string(),
);
const key = fc.oneof(
  fc.constantFrom(
    ...['accounts', 'name', 'credentials', 'endpoint', 'claude_config_dir', 'keychain', 'access_token', 'none', 'env'],
    ...[
      'thresholds',
      'weekly',
      'five_hour',
      'poll',
      'interval',
      'user_agent',
      'oauth',
      'token_endpoint',
      'stale_after',
    ],
    ...['refresh_leeway', 'tier', 'yellow', 'red', 'policy_file', 'files', 'api', 'bearer_tokens', 'http', 'ca_file'],
  ),
  fc.string(),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
  ),
}));
const account = fc.record(
  { name: tree, credentials: fc.dictionary(key, tree, { maxKeys: 2 }), endpoint: tree },
  { requiredKeys: [] },
);
const section = fc.dictionary(key, tree, { maxKeys: 4 });
const file = fc.record(
  {
    accounts: fc.oneof(fc.array(account, { maxLength: 3 }), tree),
    ...{ thresholds: section, poll: section, oauth: section, tier: section, api: section, http: section },
    stale_after: tree,
  },
  { requiredKeys: [] },
);

test('whatever is written into the configuration, it is read or refused in words that quote no token', {
  timeout: 120_000,
}, () => {
  fc.assert(
    fc.property(
      fc.oneof(
        file.map((content) => stringify(content)),
        fc.string(),
        tree.map((content) => JSON.stringify(content) ?? ''),
      ),
      (text) => {
        try {
          loadConfig(text, 'test', {
            directory: '/',
            env: {},
            exists: () => false,
            platform: 'linux',
            version: '1.2.3',
          });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          expect((error as Error).message).not.toContain(TOKEN);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
