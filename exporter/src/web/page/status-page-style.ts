export const STYLE = `
:root { color-scheme: light dark; --page: #f6f5f1; --card: #fff; --ink: #22211d; --soft: #6b6860; --line: #e4e1d8;
  --track: #ebe8df; --calm: #2f7d6b; --info: #8f5c0d; --warning: #b84f14; --critical: #b3261e; --wash: #fbeceb; }
@media (prefers-color-scheme: dark) { :root { --page: #161714; --card: #1f211d; --ink: #eceae3; --soft: #a5a298;
  --line: #33352f; --track: #32342e; --calm: #58b59e; --info: #dcab4f; --warning: #ee8b50; --critical: #f2766c; --wash: #35211f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }
.top, main, footer { max-width: 46rem; margin: 0 auto; padding: 0 1rem; }
header { display: flex; align-items: baseline; justify-content: space-between; }
.top { padding-top: 1.5rem; }
h1 { font-size: 1.25rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 0; overflow-wrap: anywhere; }
h3 { font-size: 1rem; font-weight: 600; margin: 0; } h3 .soft { font-weight: 400; margin-left: .4rem; }
#connection, footer, .soft { color: var(--soft); font-size: .875rem; }
#connection.lost { color: var(--critical); font-weight: 600; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
article { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.1rem 1.25rem 0; margin: 1rem 0; }
article header { gap: 1rem; }
.badges { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: .35rem; }
.badge { border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; font-size: .8125rem; color: var(--calm); white-space: nowrap; }
.badge.stale, .badge.yellow { color: var(--info); } .badge.orange { color: var(--warning); }
.badge.none, .badge.red { color: var(--critical); }
.badge.tier::before { content: ''; display: inline-block; width: .55rem; height: .55rem; border-radius: 50%; background: currentColor; margin-right: .35rem; }
.window { margin-top: 1.1rem; }
.line { display: flex; justify-content: space-between; gap: 1rem; align-items: baseline; }
.line.soft { flex-wrap: wrap; row-gap: 0; }
.percent { font-size: 1.375rem; font-weight: 650; font-variant-numeric: tabular-nums; white-space: nowrap; }
.percent.info { color: var(--info); } .percent.warning { color: var(--warning); } .percent.critical { color: var(--critical); }
.bar { display: block; width: 100%; height: .8rem; border-radius: .4rem; margin: .3rem 0 .35rem; background: var(--track); }
.bar .used { fill: var(--calm); } .bar .used.info { fill: var(--info); } .bar .used.warning { fill: var(--warning); }
.bar .used.critical { fill: var(--critical); }
.bar line, .curve line, .curve path { vector-effect: non-scaling-stroke; }
.bar .threshold { stroke: var(--card); stroke-width: 2; } .bar .clock { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 3 2; }
.bar .cap { stroke: var(--critical); stroke-width: 4; }
.curve { display: block; width: 100%; height: 3.25rem; margin-top: .4rem; border-bottom: 1px solid var(--line); overflow: visible; }
.curve .pace { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 1 4; stroke-linecap: round; opacity: .7; }
.curve .area { fill: var(--calm); opacity: .14; }
.curve .course { fill: none; stroke: var(--calm); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.note { border-left: 3px solid var(--info); margin: 1rem 0 0; padding: .1rem 0 .1rem .75rem; overflow-wrap: anywhere; }
.note p { margin: .2rem 0; }
.paused { background: var(--wash); border: 1px solid var(--critical); border-radius: .5rem; margin-top: .9rem; padding: .5rem .8rem; }
.paused p { margin: .15rem 0; } .paused strong { color: var(--critical); }
.paused .soft { color: var(--ink); }
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
.warning { color: var(--warning); flex-basis: 100%; } p.warning { margin: 0; }
.result.failed { color: var(--critical); }
:focus-visible { outline: 3px solid var(--calm); outline-offset: 2px; }
code { font-size: .9em; overflow-wrap: anywhere; }
footer { padding-bottom: 2rem; } footer p { margin: .25rem 0; } nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
a { color: inherit; }
`;
