import { type Html, html } from '@repo/common/html';
import type { AccountView } from '../../account/account-view.ts';
import type { GateCaps } from '../../account/gate.ts';
import type { WindowUsage } from '../../usage/usage-body.ts';
import { isWeekly } from '../../usage/windows.ts';
import { formatPercent, formatSpan, renderTime, windowTitle } from './page-text.ts';

/** The ways to save: identified to the server already, with a token they enter, or not at all. */
export type WriteAccess = 'identified' | 'token' | 'refused';

/** Suggested for a cap that is off. Has no effect until the reader saves it. */
const SUGGESTED_PCT = 90;

/** States that new work is paused, why, and until when. */
export function renderPaused({ gate: { refusal }, current }: AccountView, now: number): Html | '' {
  if (!refusal) return '';
  const { window, utilizationPct, thresholdPct, resetsAt } = refusal;
  const displayName = current?.snapshot.windows.find((usage) => usage.window === window)?.displayName;
  const title = windowTitle({ window, ...(displayName === undefined ? {} : { displayName }) });
  const until =
    resetsAt === undefined
      ? html`The API reports no reset for it.`
      : html`New work can start in ${formatSpan(resetsAt - now)}, ${renderTime(resetsAt)}.`;
  return html`<div class="paused"><p><strong>New work is paused.</strong> ${title}${current ? '' : ' (last known)'}:
${formatPercent(utilizationPct)} used, cap ${formatPercent(thresholdPct)}. ${until}</p>
<p class="soft">Running work continues.</p></div>`;
}

/** The card that sets the caps of an account. Its summary states them while it is closed. */
export function renderSettings({ state, current, gate: { caps } }: AccountView, access: WriteAccess): Html {
  const { account } = state;
  const windows = current?.snapshot.windows ?? [];
  return html`<details class="settings" data-account="${account}">
<summary><span>Pause new work</span> <span class="soft">${describeCaps(caps)}</span></summary>
<form data-account="${account}">
<p>When utilization reaches a cap, the <a href="/api/v1/accounts/${account}/gate">gate</a> refuses new work until the
window resets. Running work continues.</p>
${renderCap('session_pct', '5 hours', caps.sessionPct, fullest(windows, false))}
${renderCap('week_pct', 'Week, all models and each model', caps.weekPct, fullest(windows, true))}
${renderSaving(access)}
</form></details>`;
}

/** The caps in a few words. */
export function describeCaps({ sessionPct, weekPct }: GateCaps): string {
  if (sessionPct === null && weekPct === null) return 'off';
  const [session, week] = [sessionPct, weekPct].map((cap) => (cap === null ? 'off' : `at ${formatPercent(cap)}`));
  return `5 hours ${session}, week ${week}`;
}

function renderCap(
  name: 'session_pct' | 'week_pct',
  label: string,
  cap: number | null,
  used: number | undefined,
): Html {
  const suggestion = cap === null ? `${SUGGESTED_PCT} % is a suggestion. ` : '';
  const usage = used === undefined ? 'Current utilization unknown.' : `Current utilization: ${formatPercent(used)}.`;
  return html`<fieldset data-cap="${name}" data-saved="${cap ?? ''}" data-used="${used ?? ''}">
<legend>${label}</legend>
<label><input type="checkbox" name="on"${cap === null ? '' : html` checked`}> Pause at</label>
<label><span class="hidden">Cap for ${label} in percent</span>
<input type="number" name="percent" min="1" max="100" step="1" required value="${cap ?? SUGGESTED_PCT}"> %</label>
<span class="soft">${suggestion}${usage}</span>
<p class="alert" hidden>Not above the current utilization: saving pauses new work at once.</p>
</fieldset>`;
}

function renderSaving(access: WriteAccess): Html {
  if (access === 'refused') {
    return html`<p class="note">Saving needs a credential, and none is configured. Add a token to
<code>api.bearer_tokens</code> in the configuration, or a user of <code>--web.config.file</code> to
<code>api.writers</code>, and reload the exporter.</p>`;
  }
  const token =
    access === 'token'
      ? html`<label class="token">Token from <code>api.bearer_tokens</code>
<input type="password" name="token" autocomplete="off" required></label>`
      : '';
  return html`${token}<p class="line"><span class="result soft" role="status"></span>
<button type="submit">Save</button></p>`;
}

function fullest(windows: readonly WindowUsage[], weekly: boolean): number | undefined {
  const percents = windows.filter(({ window }) => isWeekly(window) === weekly).map(({ percent }) => percent);
  return percents.length === 0 ? undefined : Math.max(...percents);
}
