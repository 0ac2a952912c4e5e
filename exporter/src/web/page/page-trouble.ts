import { type Html, html } from '@repo/common/html';
import type { AccountView } from '../../account/account-view.ts';
import type { PollOutcome } from '../../account/poll-outcome.ts';
import { formatSpan, renderTime } from './page-text.ts';

/** Remedies for failed polls. Outcomes without one resolve by themselves at a later poll. */
const NEXT_STEP: Partial<Record<PollOutcome, string>> = {
  unauthorized: 'Run claude and enter /login, then wait for the next poll.',
  forbidden: 'Log in with the full login (claude, then /login). Tokens of claude setup-token cannot read usage.',
  scope_missing: 'Log in with the full login (claude, then /login). Tokens of claude setup-token cannot read usage.',
  no_credentials: 'Run claude and enter /login, or name another source under credentials in the configuration.',
  unreadable_credentials: 'Give the exporter read access to the file that the message names.',
  malformed_credentials: 'Run claude and enter /login, which writes the login anew.',
  token_expired: 'Use Claude Code once: it refreshes its access token by itself.',
  untrusted_certificate: 'Set ca_file to the CA of your proxy, if there is one.',
  redirected: 'Check endpoint and the proxy settings.',
  wrong_shape: 'The API has changed. Look for a newer version of the exporter.',
  internal_error: 'See the log of the exporter.',
};

/** Why the numbers are missing or old, above them, with the one thing to do about it. */
export function renderTrouble({ state, polled, current }: AccountView, now: number): Html | '' {
  const { lastPoll, snapshot, blockedUntil } = state;
  if (current?.source === 'official_api' || current?.source === 'claude_code') return '';
  if (!lastPoll?.detail) return current ? '' : renderWaiting(polled, snapshot?.fetchedAt, now);
  const step = NEXT_STEP[lastPoll.outcome];
  const next =
    blockedUntil !== undefined && blockedUntil > now
      ? html`Nothing to do: the next poll is at ${renderTime(blockedUntil)}.`
      : (step ?? 'Nothing to do: the next poll tries again.');
  return html`<div class="trouble"><p><strong>The last poll failed:</strong> ${lastPoll.detail}. <span class="soft">(${lastPoll.outcome})</span></p>
<p class="next">${next}</p>${renderLastKnown(current, snapshot?.fetchedAt, now)}</div>`;
}

function renderWaiting(polled: boolean, fetchedAt: number | undefined, now: number): Html {
  const text = polled
    ? 'Waiting for the first poll.'
    : 'This account is not polled. Its usage comes from the status line of Claude Code.';
  const next = polled
    ? ''
    : html`<p class="next">Set the status line command of Claude Code to <code>claude-usage-exporter statusline</code>.</p>`;
  return html`<div class="trouble"><p>${text}</p>${next}${renderLastKnown(undefined, fetchedAt, now)}</div>`;
}

function renderLastKnown(current: unknown, fetchedAt: number | undefined, now: number): Html | '' {
  if (current || fetchedAt === undefined) return '';
  return html`<p class="soft">The last known usage is ${formatSpan(now - fetchedAt)} old, too old to show.</p>`;
}
