/** The page's styles: light and dark by the reader's setting, narrow windows, paper. */
export const THEME = `
:root {
  color-scheme: light dark;
  --page: #f6f6f3; --surface: #ffffff; --ink: #1d2126; --soft: #565d66; --line: #dcdcd6; --track: #ebebe6;
  --accent: #2b6a8f; --warm: #f7eed6; --warm-line: #c99a2e;
  --label-0: #3a7d5c; --label-1: #b4532f; --label-2: #3d68a8; --label-3: #8a5a9e;
  --label-4: #8a7420; --label-5: #27808a; --label-6: #a8416d; --label-7: #5d6672;
  --missing: #9a9fa6; --open: #c3b27a; --unasked: #d9dbde;
  --row-height: 7.4rem;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181b; --surface: #1d2125; --ink: #e6e7e4; --soft: #a9afb6; --line: #343a40; --track: #2b3035;
    --accent: #6fb2d8; --warm: #33291a; --warm-line: #c99a2e;
    --label-0: #6fbf95; --label-1: #e58c66; --label-2: #84ace4; --label-3: #c39ad6;
    --label-4: #cdb65c; --label-5: #66bfc9; --label-6: #e283ab; --label-7: #a5aeb9;
    --missing: #767c84; --open: #8d7f4d; --unasked: #444a51;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); }
header, main, footer { max-width: 84rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 0 0 .75rem; }
h3 { font-size: 1rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h4 { font-size: .9rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; list-style: none; margin: 0; padding: 0; }
a { color: var(--accent); }
p { margin: 0 0 .75rem; max-width: 75ch; }
main > section { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 1.1rem 1.25rem; margin: 1rem 0; }
footer { color: var(--soft); font-size: .85rem; padding-bottom: 2rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.interval, .kind, figcaption, caption { color: var(--soft); font-size: .85rem; }
.none { color: var(--soft); }
.interval { white-space: nowrap; }
p .interval::before, figcaption .interval::before { content: "("; }
p .interval::after, figcaption .interval::after { content: ")"; }
.warning { background: var(--warm); border-left: 4px solid var(--warm-line); padding: .5rem .75rem; max-width: none; }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 1rem; }
.tile { flex: 1 1 9.5rem; border: 1px solid var(--line); border-radius: 6px; padding: .5rem .75rem; }
.tile dt { color: var(--soft); font-size: .85rem; }
.tile dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.tile dd .interval { display: block; min-height: 1.3em; font-size: .8rem; white-space: normal; }
.scroll { overflow-x: auto; margin: 0 0 .75rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .25rem 0; }
th { text-align: left; font-weight: 600; }
th, td { padding: .3rem .75rem .3rem 0; vertical-align: top; unicode-bidi: isolate; }
thead th, thead td { border-bottom: 1px solid var(--line); color: var(--soft); font-size: .85rem; vertical-align: bottom; }
tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: 7rem; }
th.number, td.number { text-align: right; padding-left: .5rem; }
.figures, .bars { min-width: 100%; }
.side .figures { min-width: 0; }
.metrics .interval, .figures td.number .interval, .heatmap .interval { display: block; font-size: .78rem; }
.side { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; align-items: flex-start; margin-bottom: .75rem; }
.side > * { margin: 0; max-width: 100%; }
.heatmap { border-collapse: separate; border-spacing: 3px; }
.heatmap th { padding: .3rem .5rem; border: 0; }
.heatmap td { padding: .45rem .7rem; border: 0; border-radius: 4px; min-width: 6.5rem; }
.heatmap thead td, .heatmap .diagonal { background: none; }
.heatmap .interval, .heatmap .kind { color: inherit; }
.heat-none, .diagonal { background: none; text-align: center; }
${Array.from({ length: 11 }, (_, at) => `.heat-${at} { background: color-mix(in srgb, var(--accent) ${2 + 4.4 * at}%, var(--surface)); }`).join('\n')}
.rater + .rater { border-top: 1px solid var(--line); padding-top: 1rem; margin-top: 1rem; }
figure { margin: 0; flex: 0 1 24rem; }
figcaption { max-width: 24rem; }
.curve { display: block; width: 24rem; max-width: 100%; height: auto; }
.curve text { font-size: 10px; fill: var(--soft); }
.curve .grid { stroke: var(--line); stroke-width: .7; fill: none; }
.curve .band { fill: var(--accent); opacity: .2; }
.curve .base { stroke: var(--soft); stroke-dasharray: 4 3; fill: none; }
.curve .line { stroke: var(--accent); stroke-width: 1.8; fill: none; }
.bars td.bar { width: 30%; min-width: 7rem; }
.bars td.bar svg { width: 100%; height: 1.2rem; display: block; border-radius: 3px; }
.bars .tagged svg { width: 5rem; height: .7rem; border-radius: 2px; margin-right: .4rem; vertical-align: baseline; }
.tagged { white-space: nowrap; }
.swatch { display: inline-block; width: .7rem; height: .7rem; border-radius: 2px; margin-right: .35rem; }
${[...Array.from({ length: 8 }, (_, at) => `label-${at}`), 'missing', 'open', 'unasked', 'accent', 'track'].map((name) => `.fill-${name} { fill: var(--${name}); background: var(--${name}); }`).join('\n')}
details { margin: 0 0 .75rem; }
summary { cursor: pointer; color: var(--accent); }
.controls { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: 0 0 .75rem; }
.controls label { display: flex; gap: .4rem; align-items: center; color: var(--soft); font-size: .9rem; }
input, select, button { font: inherit; color: var(--ink); background: var(--surface); border: 1px solid var(--soft); border-radius: 5px; padding: .25rem .5rem; }
select, input { max-width: 100%; min-width: 0; }
button { cursor: pointer; }
button:disabled { opacity: .5; cursor: default; }
.controls output { margin-left: auto; font-variant-numeric: tabular-nums; }
#view { max-height: 80vh; overflow: auto; border: 1px solid var(--line); border-radius: 6px; }
#grid { border-collapse: separate; border-spacing: 0; table-layout: fixed; width: 100%; }
@media screen and (min-width: 45.01rem) {
  #grid.raters-3 { min-width: 66rem; }
  #grid.raters-4 { min-width: 76rem; }
  #grid.raters-5 { min-width: 90rem; }
  #grid.raters-6 { min-width: 104rem; }
  #grid.without-text { min-width: 0; }
}
#grid th, #grid td { padding: 0; border: 0; }
#grid thead th { position: sticky; top: 0; z-index: 1; background: var(--surface); border-bottom: 1px solid var(--line); padding: .3rem .6rem; overflow-wrap: anywhere; }
#grid thead button { border: 0; padding: 0; background: none; font-weight: 600; color: var(--accent); text-align: left; }
#grid th[aria-sort="ascending"] button::after { content: " ↑"; }
#grid th[aria-sort="descending"] button::after { content: " ↓"; }
#grid th.number { width: 5.5rem; text-align: left; }
#grid .human { width: 5.5rem; }
#grid .vote { width: 7.5rem; }
#grid .text { width: 34%; }
#grid tr.row { cursor: pointer; }
#grid tr.row > * { border-bottom: 1px solid var(--line); }
#grid tr.row:hover > * { background: color-mix(in srgb, var(--accent) 5%, var(--surface)); }
#grid .cell { height: var(--row-height); overflow: hidden; padding: .5rem .6rem; font-weight: 400; }
#grid.without-text .cell { height: 4.4rem; }
#grid .spacer td { border: 0; }
.open { padding: 0 .4rem; font-size: .85rem; font-variant-numeric: tabular-nums; }
.key { font-size: .8rem; color: var(--soft); overflow-wrap: anywhere; }
.clamp, #grid .sentence { display: -webkit-box; -webkit-box-orient: vertical; overflow: hidden; overflow-wrap: anywhere; font-size: .85rem; line-height: 1.4; }
.clamp { -webkit-line-clamp: 5; }
#grid .sentence { -webkit-line-clamp: 2; }
.sentence { font-size: .9rem; overflow-wrap: anywhere; }
.verdict { line-height: 1.5; }
.chip { display: inline-block; border-radius: 4px; padding: 0 .45rem; font-size: .85rem; font-weight: 600; border: 1px solid currentColor; overflow-wrap: anywhere; }
${Array.from({ length: 8 }, (_, at) => `.chip-${at} { color: color-mix(in srgb, var(--label-${at}) 85%, var(--ink)); background: color-mix(in srgb, var(--label-${at}) 10%, var(--surface)); }`).join('\n')}
.chip-none { color: var(--soft); border-style: dashed; }
.sure { font-variant-numeric: tabular-nums; font-size: .85rem; }
.status { font-size: .78rem; color: var(--ink); background: var(--warm); border-radius: 3px; padding: 0 .3rem; }
.tags { display: flex; flex-wrap: wrap; gap: .2rem; margin: .15rem 0; max-height: 2.7rem; overflow: hidden; }
.tag { font-size: .75rem; background: var(--track); border-radius: 3px; padding: 0 .35rem; overflow-wrap: anywhere; }
dialog { width: min(60rem, calc(100vw - 2rem)); max-height: calc(100vh - 4rem); color: var(--ink); background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; }
dialog::backdrop { background: rgb(0 0 0 / .45); }
.detail-head { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-bottom: .75rem; }
.detail-head h3 { margin: 0 auto 0 0; }
#detail-body { overflow: auto; max-height: calc(100vh - 11rem); }
.whole { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--page); border-radius: 6px; padding: .75rem; margin-bottom: .75rem; }
.opinions { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .75rem; }
.opinions section { border: 1px solid var(--line); border-radius: 6px; padding: .6rem .75rem; }
.opinions .tags { max-height: none; }
@media screen and (max-width: 45rem) {
  header, main, footer { padding-left: .75rem; padding-right: .75rem; }
  main > section { padding: .8rem .8rem; }
  .controls label { flex: 1 1 100%; }
  .controls label > * { flex: 1; }
  #grid, #grid tbody, #grid tr.row { display: block; min-width: 0; }
  #grid thead { display: none; }
  #grid tr.row { display: grid; grid-template-columns: auto 1fr; border-bottom: 1px solid var(--line); padding: .3rem 0; }
  #grid tr.row > * { display: block; width: auto; border: 0; }
  #grid .spacer, #grid .spacer td { display: block; height: inherit; }
  #grid .cell { padding: .2rem .6rem; }
  #grid th.number .cell, #grid .human .cell { height: 2.4rem; }
  #grid .text, #grid .rater, #grid .vote { grid-column: 1 / -1; }
  #grid .text .cell { height: 4.2rem; }
  #grid .rater .cell { height: 5.4rem; }
  #grid .vote .cell { height: 2.2rem; }
  #grid.without-text .rater .cell { height: 3.4rem; }
  .clamp { -webkit-line-clamp: 3; }
  #grid [data-label]::before { content: attr(data-label); display: block; font-size: .75rem; color: var(--soft); padding: 0 .6rem; }
  #grid .human { display: flex; align-items: center; }
  #grid .rater .tags { flex-wrap: nowrap; }
}
@media print {
  :root { --page: #fff; font-size: 11px; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  header, main, footer { max-width: none; padding: 0; }
  nav, .controls, .open { display: none; }
  main > section { border: 0; border-radius: 0; padding: 0; margin: 0 0 1.5rem; }
  h2, h3, caption { break-after: avoid; }
  tr, figure, .tile, .matrix, .heatmap { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll, #view { overflow: visible; max-height: none; border: 0; }
  #grid thead th { position: static; }
  #grid .cell { height: auto; overflow: visible; padding: .3rem .4rem; }
  #grid .open { display: inline; border: 0; }
  #grid .clamp, #grid .sentence { display: block; overflow: visible; }
  .tags { max-height: none; }
}
@media print and (prefers-color-scheme: dark) {
  :root {
    color-scheme: light;
    --surface: #ffffff; --ink: #1d2126; --soft: #565d66; --line: #dcdcd6; --track: #ebebe6; --accent: #2b6a8f; --warm: #f7eed6;
    --label-0: #3a7d5c; --label-1: #b4532f; --label-2: #3d68a8; --label-3: #8a5a9e;
    --label-4: #8a7420; --label-5: #27808a; --label-6: #a8416d; --label-7: #5d6672;
    --missing: #9a9fa6; --open: #c3b27a; --unasked: #d9dbde;
  }
}
`;
