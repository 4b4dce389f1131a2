"""How the build report looks: light or dark as its reader's system is, one column where there is no room for two."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #f6f7f9; --card: #ffffff; --line: #e1e4ea; --text: #1d2330; --weak: #5d6675;
  --blue: #1f6fd0; --blue-soft: #dbe9fb; --green: #17784a; --green-soft: #d7f2e3;
  --red: #bf2c23; --red-soft: #fde3e0; --amber: #8a5a00; --amber-soft: #fcecc8; --grey-soft: #eceef2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161b; --card: #1c1f26; --line: #30353f; --text: #e8eaf0; --weak: #9ba4b4;
    --blue: #69a7f0; --blue-soft: #1d3350; --green: #59c68f; --green-soft: #173828;
    --red: #f28b82; --red-soft: #45201d; --amber: #e3b25a; --amber-soft: #3b2f15; --grey-soft: #2a2e37;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
h1 { margin: 0 0 .25rem; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
.sum { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: .8rem; }
h2 { margin: 0; font-size: 1.2rem; overflow-wrap: anywhere; }
h3 { margin: 1.6rem 0 .5rem; font-size: .95rem; }
p { margin: 0; }
a { color: var(--blue); text-underline-offset: .15em; }
code, .code { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { overflow-wrap: anywhere; }
.weak { color: var(--weak); }
.card { margin-top: 1.25rem; padding: 1.25rem 1.4rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; }
.head { display: flex; flex-wrap: wrap; gap: .4rem .7rem; align-items: center; margin-bottom: .35rem; }
.badge { display: inline-block; justify-self: start; padding: .1rem .6rem; border-radius: 99px; font-size: .8rem;
  font-weight: 600; white-space: nowrap; background: var(--grey-soft); color: var(--weak); }
.badge.good { background: var(--green-soft); color: var(--green); }
.badge.bad { background: var(--red-soft); color: var(--red); }
.badge.note { background: var(--amber-soft); color: var(--amber); }
.badge.plain { background: var(--blue-soft); color: var(--blue); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .7rem; margin: 1rem 0 0; }
.tile { padding: .65rem .85rem; border: 1px solid var(--line); border-radius: 9px; min-width: 0; }
.tile dt { color: var(--weak); font-size: .8rem; }
.tile dd { margin: 0; font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere; }
.tile dd span { display: block; }
.tile dd small { display: block; color: var(--weak); font-size: .8rem; font-weight: 400; }
.box { margin-top: 1rem; padding: .7rem .9rem; border-left: 4px solid var(--weak); border-radius: 6px;
  background: var(--grey-soft); overflow-wrap: anywhere; }
.box.bad { border-color: var(--red); background: var(--red-soft); }
.rows { margin: 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
.rows li { display: grid; grid-template-columns: 5.6rem minmax(0, 1fr) minmax(4rem, 10rem) 4.8rem; gap: .2rem .8rem;
  align-items: center; padding: .38rem 0; border-bottom: 1px solid var(--line); }
.rows.pairs li { grid-template-columns: 5.6rem minmax(0, 1fr); }
.rows .code { overflow-wrap: anywhere; min-width: 0; }
.rows .end { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar { height: .55rem; border-radius: 99px; background: var(--grey-soft); overflow: hidden; }
.bar i { display: block; height: 100%; border-radius: 99px; background: var(--blue); }
.bar.good i { background: var(--green); }
.bar.bad i { background: var(--red); }
details > summary { cursor: pointer; margin: 1.6rem 0 .5rem; font-size: .95rem; font-weight: 600; }
footer { margin-top: 2rem; color: var(--weak); font-size: .85rem; }
@media (max-width: 640px) {
  main { padding: 1.25rem .8rem 2rem; }
  .card { padding: 1rem; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .rows li { grid-template-columns: minmax(0, 1fr) auto; }
  .rows li .end { grid-column: 2; grid-row: 1; }
  .rows li .code { grid-column: 1 / -1; grid-row: 2; }
  .rows li .bar { grid-column: 1 / -1; grid-row: 3; }
  .rows.pairs li { grid-template-columns: minmax(0, 1fr); }
}
@media print { .card { break-inside: avoid; } }
"""
