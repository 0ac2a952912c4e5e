import { type Html, html } from '@repo/common/html';
import type { AccountView } from '../../account/account-view.ts';
import type { PollOutcome } from '../../account/poll-outcome.ts';
import { formatSpan, renderTime } from './page-text.ts';

/** Remedies for failures whose detail has none. Other outcomes resolve by themselves at a later poll. */
const NEXT_STEP: Partial<Record<PollOutcome, string>> = {
  untrusted_certificate: 'Set ca_file to the CA of your proxy, if there is one.',
  redirected: 'Check endpoint and the proxy settings.',
  unreadable_credentials: 'Give the exporter read access to the login that the message names.',
  wrong_shape: 'The API has changed. Look for a newer version of the exporter.',
  internal_error: 'See the log of the exporter.',
};

/** Why the numbers are missing or old, above them, with the one thing to do about it. */
export function renderTrouble({ state, polled, current }: AccountView, now: number): Html | '' {
  const { lastPoll, snapshot, blockedUntil } = state;
  if (current?.source === 'official_api' || current?.source === 'claude_code') return '';
  if (!lastPoll?.detail) return current ? '' : renderWaiting(polled, snapshot?.fetchedAt, now);
  const { reason, remedy } = splitDetail(lastPoll.detail);
  const step = remedy ?? NEXT_STEP[lastPoll.outcome] ?? 'Nothing to do: the next poll tries again.';
  const next =
    blockedUntil !== undefined && blockedUntil > now && remedy === undefined
      ? html`Nothing to do: the next poll is at ${renderTime(blockedUntil)}.`
      : step;
  return html`<div class="trouble"><p><strong>The last poll failed:</strong> ${reason}. <span class="soft">(${lastPoll.outcome})</span></p>
<p class="next">${next}</p>${renderLastKnown(current, snapshot?.fetchedAt, now)}</div>`;
}

/** A detail that has a remedy ends with it, after its last semicolon. */
function splitDetail(detail: string): { reason: string; remedy: string | undefined } {
  const end = detail.lastIndexOf('; ');
  if (end === -1) return { reason: detail, remedy: undefined };
  const remedy = detail.slice(end + 2);
  return { reason: detail.slice(0, end), remedy: `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.` };
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
