/** Style of the forecast on the status page. */
export const FORECAST_STYLE = `
.forecast { margin-top: 1rem; padding-top: .75rem; border-top: 1px solid var(--line); --level: var(--calm); }
.forecast h3 { margin: 0 0 .25rem; font-size: 1rem; } .forecast p { margin: .25rem 0 .5rem; }
.fan { height: 6rem; } .fan line, .fan path { vector-effect: non-scaling-stroke; }
.fan .range { fill: var(--level); opacity: .18; }
.fan .median { fill: none; stroke: var(--level); stroke-width: 1.5; stroke-dasharray: 5 4; }
.fan .out { fill: none; stroke: var(--critical); stroke-width: 9; stroke-linecap: round; }
.forecast table { border-collapse: collapse; font-size: .85rem; }
.forecast th, .forecast td { padding: .1rem .75rem .1rem 0; text-align: left; font-weight: normal; }
`;
