/** The page's only style: the colours of the demo page, light or dark as the reader's system is, from phones to wide screens. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f6f6f2; --panel: #fff; --ink: #1c211e; --soft: #626b65; --line: #e2e4dd; --track: #dfe3da;
  --dense: #7d8ea3; --pruned: #2f7f52; --other: #c58b3b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121513; --panel: #1a1f1c; --ink: #e8ece8; --soft: #9aa59e; --line: #2a312d; --track: #39423c;
    --dense: #8fa1b5; --pruned: #58b883; --other: #d9a45b;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 1120px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; margin: 48px 0 4px; overflow-wrap: anywhere; }
h3 { font-size: 1.05rem; margin: 32px 0 8px; }
p { margin: 0 0 12px; max-width: 72ch; }
.soft, figcaption, caption { color: var(--soft); }
.tiles, .charts, .small { display: grid; gap: 12px; margin: 12px 0; padding: 0; list-style: none; }
.tiles { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
.charts { grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); align-items: start; }
.pair { display: grid; gap: 12px; margin: 12px 0; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); align-items: start; }
.pair .scroll { margin: 0; }
.small { grid-template-columns: repeat(auto-fill, minmax(min(100%, 240px), 1fr)); align-items: start; }
.tiles > div, figure, .scroll {
  background: var(--panel); border: 1px solid var(--line); border-radius: 10px; margin: 0; padding: 12px 14px;
}
.tiles dt { color: var(--soft); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.35rem; font-weight: 600; line-height: 1.3; }
.tiles dd small { display: block; font-size: .85rem; font-weight: 400; color: var(--soft); }
figcaption { font-size: .9rem; margin-bottom: 6px; overflow-wrap: anywhere; }
figcaption b { color: var(--ink); font-weight: 600; }
figure svg { display: block; width: 100%; height: auto; max-width: 440px; margin: 0 auto; }
figure img {
  display: block; width: 100%; height: auto; min-height: 40px; max-height: 340px; image-rendering: pixelated;
  background: var(--paper); border: 1px solid var(--line);
}
figure, .scroll { min-width: 0; }
.scroll { overflow-x: auto; padding: 4px 14px 8px; margin: 12px 0; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 8px 0 4px; }
th, td { padding: 5px 10px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; font-weight: 400; }
th:first-child { text-align: left; padding-left: 0; position: sticky; left: 0; background: var(--panel); }
thead th { color: var(--soft); }
tfoot td, tfoot th { font-weight: 600; border-bottom: 0; }
tr.best th, tr.best td { color: var(--pruned); font-weight: 600; }
details { margin: 16px 0; }
summary { cursor: pointer; color: var(--soft); }
pre { overflow-x: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; font-size: .85rem; }
footer { margin-top: 48px; color: var(--soft); font-size: .9rem; }
@media print { body { background: #fff; } figure, .tiles > div, .scroll { break-inside: avoid; } }
`.trim();
