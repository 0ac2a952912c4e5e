import { type Html, html } from '@repo/common/html';
import type { AccountView } from '../../account/account-state.ts';
import type { GateCaps, RefusalReason } from '../../account/gate.ts';
import type { WindowUsage } from '../../usage/usage-body.ts';
import { isWeekly } from '../../usage/windows.ts';
import { formatPercent, formatSpan, renderTime } from './page-text.ts';

/** How a reader of the page can save: as who they are to the server, by a token they type, or not at all. */
export type WriteAccess = 'identified' | 'token' | 'refused';

/** What the settings card puts into the field of a cap that is off. It counts for nothing until it is saved. */
const SUGGESTED_PCT = 90;

const BLOCKED_BY: Record<RefusalReason, string> = {
  session_threshold: 'The session of 5 hours',
  week_threshold: 'A week',
};

/** Says that new work is refused, why, and until when. */
export function renderPaused({ gate: { refusal }, current }: AccountView, now: number): Html | '' {
  if (!refusal) return '';
  const { reason, utilizationPct, thresholdPct, resetsAt } = refusal;
  const was = current ? 'is' : 'was last seen';
  const until =
    resetsAt === undefined
      ? html`The API names no reset for it.`
      : html`It opens at ${renderTime(resetsAt)}, in ${formatSpan(resetsAt - now)}.`;
  return html`<div class="paused"><p><strong>Paused: new work is refused.</strong> ${BLOCKED_BY[reason]} ${was} at
${formatPercent(utilizationPct)}, and its cap is ${formatPercent(thresholdPct)}. ${until}</p>
<p class="soft">Work that is under way goes on.</p></div>`;
}

/** The card by which the caps of an account are set. Closed, it says what they are. */
export function renderSettings({ state, current, gate: { caps } }: AccountView, access: WriteAccess): Html {
  const { account } = state;
  const windows = current?.snapshot.windows ?? [];
  return html`<details class="settings" data-account="${account}">
<summary><span>Pause new work</span> <span class="soft">${describeCaps(caps)}</span></summary>
<form data-account="${account}">
<p>When the use reaches a cap, the <a href="/api/v1/accounts/${account}/gate">gate</a> refuses new work until the window
resets. Work that is under way is never touched.</p>
${renderCap('session_pct', 'Session, 5 hours', caps.sessionPct, fullest(windows, false))}
${renderCap('week_pct', 'Week, of all models and of each', caps.weekPct, fullest(windows, true))}
${renderSaving(access)}
</form></details>`;
}

/** The caps in a few words. */
export function describeCaps({ sessionPct, weekPct }: GateCaps): string {
  if (sessionPct === null && weekPct === null) return 'off';
  const [session, week] = [sessionPct, weekPct].map((cap) => (cap === null ? 'off' : `at ${formatPercent(cap)}`));
  return `session ${session}, week ${week}`;
}

function renderCap(name: keyof CapNames, label: string, cap: number | null, used: number | undefined): Html {
  return html`<fieldset data-cap="${name}" data-saved="${cap ?? ''}" data-used="${used ?? ''}">
<legend>${label}</legend>
<label><input type="checkbox" name="on"${cap === null ? '' : html` checked`}> Pause at</label>
<label><span class="hidden">Cap of ${label} in percent</span>
<input type="number" name="percent" min="1" max="100" step="1" required value="${cap ?? SUGGESTED_PCT}"> %</label>
<span class="soft">${cap === null ? `${SUGGESTED_PCT} % is a suggestion. ` : ''}${used === undefined ? 'Present use unknown.' : `Used at present: ${formatPercent(used)}.`}</span>
<p class="warning" hidden>This is not above the present use: once saved, new work is refused at once.</p>
</fieldset>`;
}

interface CapNames {
  readonly session_pct: unknown;
  readonly week_pct: unknown;
}

function renderSaving(access: WriteAccess): Html {
  if (access === 'refused') {
    return html`<p class="note">Saving needs a credential, and none is configured. Put a token into
<code>api.bearer_tokens</code> of the configuration, or users into <code>basic_auth_users</code> of the file that
<code>--web.config.file</code> names, and reload or restart the exporter.</p>`;
  }
  const token =
    access === 'token'
      ? html`<label class="token">One of the tokens in <code>api.bearer_tokens</code>
<input type="password" name="token" autocomplete="off" required></label>`
      : '';
  return html`${token}<p class="line"><span class="result soft" role="status"></span>
<button type="submit">Save</button></p>`;
}

function fullest(windows: readonly WindowUsage[], weekly: boolean): number | undefined {
  const percents = windows.filter(({ window }) => isWeekly(window) === weekly).map(({ percent }) => percent);
  return percents.length === 0 ? undefined : Math.max(...percents);
}
