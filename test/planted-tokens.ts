/** Matches the tokens of tests: `token-work` and `refresh-work` from the simulator, and tokens with Claude's prefix. */
const PLANTED = /sk-ant-[\w-]+|\b(?:token|refresh|write-token)-(?!lock\b)[a-z0-9]+/;

/** @throws Error when something that a program gave out holds a token */
export function refuseTokens(what: string, text: string): void {
  const found = PLANTED.exec(text);
  if (!found) return;
  throw new Error(`${what} holds a token: ${text.slice(Math.max(0, found.index - 100), found.index + 60)}`);
}
