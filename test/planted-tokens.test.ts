import { expect, test } from 'vitest';
import { refuseTokens } from './planted-tokens.ts';

test.each(['token-work', 'refresh-work-3', 'sk-ant-oat01-x'])('%s is found wherever it stands', (token) => {
  expect(() => refuseTokens('the log', `level=warn detail="${token}"\n`)).toThrow(
    `the log holds a token: level=warn detail="${token}"`,
  );
});

test('what only sounds like one is none', () => {
  refuseTokens('the log', 'access token refreshed; /logins/.refresh-lock; claude_usage_access_token_expiry');
});
