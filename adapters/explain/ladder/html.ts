import { eventsOf, type Ladder, leftOut, nothing, seconds } from "../ladder.js";
import { timeOfDay } from "../times.js";
import type { Row } from "./row.js";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => entities[char] ?? char);

const style = `
:root { color-scheme: light dark; --line: #0003; --ink: #1b1f24; --soft: #57606a; --paper: #fff; --bad: #b42318; --go: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --line: #fff4; --ink: #e6edf3; --soft: #9aa4af; --paper: #14181d; --bad: #ff8a80; --go: #79b8ff; } }
body { margin: 0; padding: 1rem; background: var(--paper); color: var(--ink); font: 14px/1.4 system-ui, sans-serif; }
h1 { font-size: 1.1rem; margin: 0 0 .75rem; }
.ladder { overflow-x: auto; --lane: 11.5rem; }
@media (max-width: 40rem) { body { padding: .5rem; font-size: 13px; } .ladder { --lane: 10.5rem; } }
ol { list-style: none; margin: 0; padding: 0; width: max-content; }
li { display: flex; align-items: center; min-height: 1.9rem; }
.at { flex: none; width: 8.5rem; white-space: nowrap; padding-right: .5rem; color: var(--soft); font-variant-numeric: tabular-nums; font-size: .85em; }
.lanes { display: grid; align-self: stretch; align-items: center; background: repeat-x 0 0 / var(--lane) 100% linear-gradient(to right, transparent calc(50% - 1px), var(--line) calc(50% - 1px) calc(50% + 1px), transparent 0); }
.head { position: sticky; top: 0; background: var(--paper); font-weight: 600; }
.head .lanes { background: none; }
.head bdi { text-align: center; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; padding: 0 .25rem; }
.arrow { display: flex; align-items: center; color: var(--go); min-width: 0; white-space: nowrap; }
.arrow::before, .arrow::after { content: ""; flex: 1; min-width: .4rem; border-top: 2px solid; }
.arrow b, .note b { font-weight: 500; background: var(--paper); padding: 0 .25rem; overflow: hidden; text-overflow: ellipsis; }
.arrow i { font-style: normal; order: 3; } .arrow.left i { order: -1; }
.missed, .bad { color: var(--bad); }
.note { color: var(--soft); white-space: nowrap; margin-left: -.35em; } .note.bad { color: var(--bad); }
`;

/** One page that needs nothing else, to be sent to somebody. */
export const html = ({ participants, rows }: Ladder): string => {
  const lanes = new Map(participants.map(({ key }, i) => [key, i]));
  const grid = `style="grid-template-columns:repeat(${Math.max(1, participants.length * 2)},calc(var(--lane) / 2))"`;
  const heads = participants.map(({ name }) => `<bdi style="grid-column:span 2">${escaped(name)}</bdi>`).join("");
  const items = rows.map(
    (row) =>
      `<li><span class="at">${eventsOf(row)}<br>${timeOfDay(row.at)} ${seconds(row)}</span><div class="lanes" ${grid}>${drawn(row, lanes)}</div></li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Signalbox: ladder of a recording</title>
<style>${style}</style>
</head>
<body>
<h1>Signalling, ${rows.length === 0 ? "none" : `${participants.length} participants`}</h1>
<div class="ladder" role="region" aria-label="Ladder diagram" tabindex="0"><ol>
<li class="head"><span class="at">event</span><div class="lanes" ${grid}>${heads}</div></li>
${rows.length === 0 ? `<li>${nothing}</li>` : items.join("\n")}
</ol></div>
<p>${leftOut(rows)}</p>
</body>
</html>
`;
};

const drawn = (row: Row, lanes: ReadonlyMap<string, number>): string => {
  const source = row.from === undefined ? undefined : lanes.get(row.from);
  const ends = [
    ...row.to.map((key) => ({ key, isHit: true })),
    ...(row.missed === undefined ? [] : [{ key: row.missed, isHit: false }]),
  ];
  const arrows = ends.flatMap(({ key, isHit }) => {
    const end = lanes.get(key);
    return source === undefined || end === undefined || end === source
      ? []
      : [htmlArrow(row.label, { source, end, isHit })];
  });
  if (arrows.length > 0) return arrows.join("");
  const isBad = row.kind === "refusal" || row.kind === "unheard" || row.label.includes(" to nobody");
  return `<span class="note${isBad ? " bad" : ""}" style="grid-column:${2 * (source ?? 0) + (source === undefined ? 1 : 2)} / -1">● <b>${escaped(row.label)}</b></span>`;
};

const htmlArrow = (
  label: string,
  { source, end, isHit }: { readonly source: number; readonly end: number; readonly isHit: boolean },
): string => {
  const [left, right] = [2 * Math.min(source, end) + 2, 2 * Math.max(source, end) + 2];
  const isLeft = end < source;
  const head = isHit ? (isLeft ? "◄" : "►") : "✗";
  return `<span class="arrow${isLeft ? " left" : ""}${isHit ? "" : " missed"}" style="grid-column:${left} / ${right}"><b>${escaped(label)}</b><i>${head}</i></span>`;
};
