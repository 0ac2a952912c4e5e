import { createHash } from 'node:crypto';

export const STYLE = `
:root { color-scheme: light dark; --page: #f6f5f1; --card: #fff; --ink: #22211d; --soft: #6b6860; --line: #e4e1d8;
  --track: #ebe8df; --calm: #2f7d6b; --info: #96610f; --warning: #c2571a; --critical: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --page: #161714; --card: #1f211d; --ink: #eceae3; --soft: #a09d93;
  --line: #33352f; --track: #32342e; --calm: #58b59e; --info: #dcab4f; --warning: #ee8b50; --critical: #f2766c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }
header, main, footer { max-width: 46rem; margin: 0 auto; padding: 0 1rem; }
header { display: flex; align-items: baseline; justify-content: space-between; padding-top: 1.5rem; }
h1 { font-size: 1.25rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 0; overflow-wrap: anywhere; }
#connection, footer, .soft { color: var(--soft); font-size: .875rem; }
#connection.lost { color: var(--critical); font-weight: 600; }
article { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.1rem 1.25rem; margin: 1rem 0; }
article > header { padding: 0; gap: 1rem; max-width: none; }
.badge { flex: none; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; font-size: .8125rem; color: var(--calm); }
.badge.stale { color: var(--info); } .badge.none { color: var(--critical); }
.window { margin-top: 1.1rem; }
.line { display: flex; justify-content: space-between; gap: 1rem; align-items: baseline; }
.line.soft { flex-wrap: wrap; row-gap: 0; }
.name { font-weight: 600; } .name .soft { font-weight: 400; margin-left: .4rem; }
.percent { font-size: 1.375rem; font-weight: 650; font-variant-numeric: tabular-nums; white-space: nowrap; }
.percent.info { color: var(--info); } .percent.warning { color: var(--warning); } .percent.critical { color: var(--critical); }
.bar { display: block; width: 100%; height: .8rem; border-radius: .4rem; margin: .3rem 0 .35rem; background: var(--track); }
.bar .used { fill: var(--calm); } .bar .used.info { fill: var(--info); } .bar .used.warning { fill: var(--warning); }
.bar .used.critical { fill: var(--critical); }
.bar line { vector-effect: non-scaling-stroke; }
.bar .threshold { stroke: var(--card); stroke-width: 2; } .bar .clock { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 3 2; }
.note { border-left: 3px solid var(--info); margin: 1rem 0 0; padding: .1rem 0 .1rem .75rem; overflow-wrap: anywhere; }
.note p { margin: .2rem 0; }
footer { padding-bottom: 2rem; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
a { color: inherit; }
`;

export const REFRESH_SECONDS = 5;

// Takes over the same page as the server renders it, so that there is one place that renders.
export const SCRIPT = `
const connection = document.getElementById('connection');
const clock = (date, options) => date.toLocaleString([], { hour: '2-digit', minute: '2-digit', ...options });
function localize() {
  for (const element of document.querySelectorAll('time')) {
    element.textContent = clock(new Date(element.dateTime), { weekday: 'short' });
  }
}
let shown = document.querySelector('main').innerHTML;
async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(location.pathname, { signal: AbortSignal.timeout(10000) });
    if (!response.ok) throw new Error(response.statusText);
    const main = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector('main');
    if (main.innerHTML !== shown) {
      shown = main.innerHTML;
      document.querySelector('main').replaceWith(main);
      localize();
    }
    connection.textContent = 'as of ' + clock(new Date(), { second: '2-digit' });
    connection.className = '';
  } catch {
    connection.textContent = 'the exporter does not answer';
    connection.className = 'lost';
  }
}
localize();
setInterval(refresh, ${REFRESH_SECONDS * 1000});
document.addEventListener('visibilitychange', refresh);
`;

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Allows this style and this script and nothing else. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src ${hash(STYLE)}`,
  `script-src ${hash(SCRIPT)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
