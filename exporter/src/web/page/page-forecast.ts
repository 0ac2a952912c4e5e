import { type Html, html } from '@repo/common/html';
import type { AccountView } from '../../account/account-view.ts';
import type { GradeSummary } from '../../forecast/grade-summary.ts';
import { METHOD_NAMES } from '../../forecast/method.ts';
import { defaultForecast, firstToRunOut, type WindowForecast } from '../../forecast/window-outlook.ts';
import { renderFan } from './forecast-fan.ts';
import { chanceWords, forecastSentence } from './forecast-words.ts';
import { windowTitle } from './page-text.ts';
import type { CurveOf } from './read-curve.ts';

/** The forecast of an account: the window that is likeliest to run out in full, the others in a line each. */
export function renderForecast(view: AccountView, curveOf: CurveOf): Html | '' {
  const { forecasts = [], current } = view;
  const titles = current?.snapshot.windows ?? [];
  const titleOf = ({ window }: WindowForecast): string =>
    windowTitle(titles.find((usage) => usage.window === window) ?? { window });
  const shown = firstToRunOut(forecasts) ?? forecasts[0];
  if (!shown || titles.length === 0) return '';
  const usage = titles.find(({ window }) => window === shown.window);
  const others = forecasts.filter((forecast) => forecast !== shown && defaultForecast(forecast));
  const label = `Forecast of ${titleOf(shown)}: the curve so far and the 80 % range until the reset`;
  return html`<section class="forecast"><h3>Forecast, ${titleOf(shown)}</h3>
<p>${forecastSentence(shown)}</p>
${usage ? renderFan(shown, curveOf(view, usage), label) : ''}
${others.map((other) => html`<p class="soft">${titleOf(other)}: ${chanceWords(defaultForecast(other)?.probability ?? 0)} to run out.</p>`)}
${shown.grades ? renderGrades(shown.grades) : ''}
</section>`;
}

function renderGrades({ methods }: GradeSummary): Html | '' {
  const graded = METHOD_NAMES.flatMap((method) => {
    const summary = methods[method];
    return summary ? [{ method, ...summary }] : [];
  });
  if (graded.length === 0) return '';
  const rows = graded.map(
    ({ method, windows, brierSum, outcomes: { hit, missed, false_alarm, quiet } }) =>
      html`<tr><th scope="row">${method}</th><td>${windows}</td><td>${(brierSum / windows).toFixed(3)}</td><td>${hit}</td><td>${missed}</td><td>${false_alarm}</td><td>${quiet}</td></tr>`,
  );
  return html`<table><caption class="soft">How good past forecasts were</caption><thead><tr><th scope="col">Method</th><th scope="col">Windows</th><th scope="col">Brier score</th><th scope="col">Hits</th><th scope="col">Missed</th><th scope="col">False alarms</th><th scope="col">Quiet</th></tr></thead>
<tbody>${rows}</tbody></table>
<p class="soft">A Brier score of 0 is perfect, 0.25 is a coin toss. An alarm is a probability of 70 % held for an hour.</p>`;
}
