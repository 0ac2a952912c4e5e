import { FORECAST_STYLE } from './forecast-style.ts';

export const STYLE = `
:root { color-scheme: light dark; --page: #f6f5f1; --card: #fff; --ink: #22211d; --soft: #6b6860; --line: #e4e1d8;
  --track: #ebe8df; --calm: #2f7d6b; --info: #8f5c0d; --warning: #b84f14; --critical: #b3261e; --wash: #fbeceb; }
@media (prefers-color-scheme: dark) { :root { --page: #161714; --card: #1f211d; --ink: #eceae3; --soft: #a5a298;
  --line: #33352f; --track: #32342e; --calm: #58b59e; --info: #dcab4f; --warning: #ee8b50; --critical: #f2766c; --wash: #35211f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }
.top, main, footer { max-width: 84rem; margin: 0 auto; padding: 0 1rem; }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem; align-items: start; margin-top: 1rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .25rem 1rem; }
.top { padding-top: 1.5rem; }
h1 { font-size: 1.25rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 0; overflow-wrap: anywhere; }
h3 { font-size: 1rem; font-weight: 600; margin: 0; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#connection, footer, .soft { color: var(--soft); font-size: .875rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
article { min-width: 0; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.1rem 1.25rem 0; }
.badges { display: flex; flex-wrap: wrap; gap: .35rem; margin-left: auto; }
.badge { border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; font-size: .8125rem; color: var(--calm); white-space: nowrap; }
.badge.plan { color: var(--soft); }
.badge.stale, .badge.yellow { color: var(--info); } .badge.orange { color: var(--warning); }
.badge.none, .badge.red { color: var(--critical); }
.badge.tier::before { content: ''; display: inline-block; width: .55rem; height: .55rem; border-radius: 50%; background: currentColor; margin-right: .35rem; }
.windows { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 2.5rem; }
.window { --level: var(--calm); margin-top: 1.1rem; min-width: 0; }
.window.info { --level: var(--info); } .window.warning { --level: var(--warning); } .window.critical { --level: var(--critical); }
.line, .head { display: flex; justify-content: space-between; gap: 0 1rem; align-items: baseline; }
.line { flex-wrap: wrap; } .head { gap: .5rem; }
.chip { flex: none; border-radius: .3rem; background: var(--track); color: var(--soft); padding: 0 .4rem; font-size: .8125rem; }
.percent { flex: none; margin-left: auto; font-size: 1.375rem; font-weight: 650; font-variant-numeric: tabular-nums; white-space: nowrap; }
.window.info .percent, .window.warning .percent, .window.critical .percent { color: var(--level); }
@media (max-width: 30rem) { .head { display: grid; grid-template-columns: minmax(0, 1fr) auto; } .chip { grid-column: 1 / -1; justify-self: start; order: 1; } }
.bar { display: block; width: 100%; height: .8rem; border-radius: .4rem; margin: .3rem 0 .35rem; background: var(--track); }
.bar .used { fill: var(--level); }
.bar line, .curve line, .curve path { vector-effect: non-scaling-stroke; }
.bar .threshold { stroke: var(--card); stroke-width: 2; } .bar .clock { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 3 2; }
.bar .cap { stroke: var(--critical); stroke-width: 4; }
.course { margin-top: .6rem; }
.curve { display: block; width: 100%; height: 4.5rem; border-bottom: 1px solid var(--line); overflow: visible; }
.curve .limit, .curve .threshold { stroke: var(--line); stroke-width: 1; } .curve .threshold { stroke-dasharray: 5 3; }
.curve .pace { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 1 4; stroke-linecap: round; opacity: .7; }
.curve .area { fill: var(--level); opacity: .14; }
.curve .known, .curve .unknown, .curve .now { fill: none; stroke: var(--level); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.curve .unknown { stroke-width: 1.5; stroke-dasharray: 4 4; opacity: .7; } .curve .now { stroke-width: 7; }
.scale { font-size: .8125rem; flex-wrap: nowrap; }
.extra { margin: 1.1rem 0 0; }
.trouble { border-left: 3px solid var(--info); margin: .9rem 0 0; padding: .1rem 0 .1rem .75rem; overflow-wrap: anywhere; }
.trouble p, .note { margin: .2rem 0; } .trouble .next { font-weight: 600; }
.paused { background: var(--wash); border: 1px solid var(--critical); border-radius: .5rem; margin-top: .9rem; padding: .5rem .8rem; }
.paused p { margin: .15rem 0; } .paused strong { color: var(--critical); } .paused .soft { color: var(--ink); }
.lost #connection { color: var(--critical); font-weight: 600; }
.lost .badge, .lost .paused strong, .lost .window .percent { color: var(--soft); } .lost .window { --level: var(--soft); }
.settings { border-top: 1px solid var(--line); margin: 1.1rem -1.25rem 0; }
summary { padding: .7rem 1.25rem; cursor: pointer; border-radius: 0 0 .75rem .75rem; }
summary > span:first-of-type { font-weight: 600; }
form { padding: 0 1.25rem 1rem; } form p { margin: .4rem 0; }
fieldset { border: 0; margin: .9rem 0 0; padding: 0; display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .8rem; }
legend { padding: 0; font-weight: 600; }
label { display: inline-flex; align-items: center; gap: .4rem; min-height: 2.2rem; }
label.token { display: block; margin-top: .9rem; }
input, button { font: inherit; color: inherit; }
input[type='checkbox'] { width: 1.15rem; height: 1.15rem; accent-color: var(--calm); margin: 0; }
input[type='number'], input[type='password'] { background: var(--page); border: 1px solid var(--soft); border-radius: .4rem; padding: .25rem .5rem; }
input[type='number'] { width: 4.6rem; } input[type='password'] { display: block; width: 100%; margin-top: .2rem; }
input[type='number']:disabled { opacity: .55; }
button { background: var(--calm); color: var(--card); font-weight: 600; border: 0; border-radius: .5rem; padding: .45rem 1.3rem; cursor: pointer; }
form .line { margin-top: .9rem; align-items: center; }
form .alert { color: var(--warning); flex-basis: 100%; margin: 0; }
.result.failed { color: var(--critical); }
:focus-visible { outline: 3px solid var(--calm); outline-offset: 2px; }
code { font-size: .9em; overflow-wrap: anywhere; }
footer { margin-top: 1.5rem; padding-bottom: 2rem; } footer p { margin: .25rem 0; max-width: 46rem; } nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
a { color: inherit; }
${FORECAST_STYLE}`;
