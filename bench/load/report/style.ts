// How a report looks: one column, the colours of the reader's light or dark setting, nothing that moves.

/** Told apart by people who do not see red or green, on white and on near-black. */
const palette = {
  light: ['#0060b9', '#c2500a', '#0b7a57', '#9c3d87', '#6b6b00', '#4d5a6b'],
  dark: ['#5cb0ff', '#ff9d57', '#3fcf9c', '#e58fd0', '#d5cf3f', '#a9b6c6'],
} as const;

const colors = (theme: keyof typeof palette): string => palette[theme].map((value, i) => `--c${i}:${value};`).join('');
const classes = palette.light
  .map((_, i) => `.c${i}{--c:var(--c${i})}`)
  .concat('.c6,.c7,.c8,.c9{--c:var(--c5)}')
  .join('');

export const pageStyle = `
:root{color-scheme:light dark;--page:#fff;--ink:#1b1f24;--soft:#5b6570;--rule:#dfe3e8;--panel:#f6f7f9;${colors('light')}}
@media (prefers-color-scheme:dark){:root{--page:#12161b;--ink:#e6eaef;--soft:#9aa5b1;--rule:#2b323a;--panel:#1a2027;${colors('dark')}}}
${classes}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1100px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:24px;margin:0 0 4px;text-wrap:balance}h2{font-size:17px;margin:36px 0 8px}
header p{color:var(--soft);margin:0;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:24px 0 8px}
.tiles div{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:12px 16px}
.tiles dt{color:var(--soft);font-size:13px}.tiles dd{margin:0;font-size:23px;font-weight:600;font-variant-numeric:tabular-nums}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:20px;margin-top:20px}
figure{margin:0;border:1px solid var(--rule);border-radius:8px;padding:12px 14px 8px;min-width:0}
figcaption{font-weight:600}figcaption small{color:var(--soft);font-weight:400}
svg{display:block;width:100%;height:auto}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:4px 0 0;padding:0;font-size:13px;color:var(--soft)}
.key{display:inline-block;width:12px;height:12px;border-radius:6px;margin-right:6px;vertical-align:-1px;background:var(--c);border:2px solid var(--c)}
.key.ring{background:none}
.grid{stroke:var(--rule);stroke-width:1}.bound{stroke:var(--soft);stroke-dasharray:5 4}.warm-up{fill:var(--panel)}
.tick,.axis{fill:var(--soft);font-size:14px;font-variant-numeric:tabular-nums}
.line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
.dot{fill:var(--c)}.hollow{fill:none;stroke:var(--c);stroke-width:2}.touch{fill:transparent}g:hover>.touch{fill:var(--c);fill-opacity:.15}
table{border-collapse:collapse;margin:8px 0 12px;font-variant-numeric:tabular-nums;display:block;overflow-x:auto}
th,td{text-align:left;padding:4px 18px 4px 0;border-bottom:1px solid var(--rule);font-weight:400;vertical-align:top}
thead th{color:var(--soft);font-size:13px}tbody th{color:var(--soft)}
.bar{width:260px;vertical-align:middle}.bar svg{height:10px;min-width:160px}.fill{fill:var(--c0)}
details{margin:12px 0}summary{cursor:pointer;color:var(--soft)}
pre{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:12px;overflow:auto;font-size:12px}
@media print{.charts{grid-template-columns:1fr}}
`;
