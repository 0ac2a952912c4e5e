/** Style of the forecast on the status page. */
export const FORECAST_STYLE = `
.forecast { margin-top: 1rem; padding-top: .75rem; border-top: 1px solid var(--line); --level: var(--calm); }
.forecast h3 { margin: 0 0 .25rem; font-size: 1rem; } .forecast p { margin: .25rem 0 .5rem; }
.fan { display: block; width: 100%; height: 6rem; border-bottom: 1px solid var(--line); overflow: visible; }
.fan line, .fan path { vector-effect: non-scaling-stroke; }
.fan .limit { stroke: var(--line); stroke-width: 1; }
.fan .past, .fan .present { fill: none; stroke: var(--level); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.fan .present { stroke-width: 7; }
.fan .range { fill: var(--level); opacity: .18; }
.fan .median { fill: none; stroke: var(--level); stroke-width: 1.5; stroke-dasharray: 5 4; }
.fan .out { fill: none; stroke: var(--critical); stroke-width: 9; stroke-linecap: round; }
.forecast table { margin-top: .5rem; border-collapse: collapse; font-size: .85rem; }
.forecast caption { text-align: left; }
.forecast th, .forecast td { padding: .1rem .75rem .1rem 0; text-align: left; font-weight: normal; }
`;
