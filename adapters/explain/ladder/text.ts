import { eventsOf, footnote, type Ladder, type Lifeline, seconds } from "../ladder.js";
import { emptyLadder, toItself } from "../sentences/ladder.js";
import { timeOfDay } from "../times.js";
import type { Row } from "./row.js";

const zeroWidth = /^\p{M}$/u;
const doubleWidth =
  /^[\p{Emoji_Presentation}\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]$/u;

/** The number of columns that a text takes in a terminal. */
export const width = (text: string): number => {
  let columns = 0;
  for (const char of text) columns += zeroWidth.test(char) ? 0 : doubleWidth.test(char) ? 2 : 1;
  return columns;
};

const widest = (texts: ReadonlyArray<string>): number => texts.reduce((most, text) => Math.max(most, width(text)), 0);

const cut = (text: string, columns: number): string => {
  if (width(text) <= columns) return text;
  let kept = "";
  for (const char of text) {
    if (width(kept) + width(char) > columns - 1) break;
    kept += char;
  }
  return columns < 1 ? "" : `${kept}…`;
};

/** One line of the diagram, a cell for each column; a wide character leaves the next cell empty. */
type Line = string[];

const write = (line: Line, at: number, text: string): void => {
  let column = at;
  let last = at;
  for (const char of text) {
    const wide = width(char);
    if (wide === 0) line[last] += char;
    else {
      line[column] = char;
      if (wide === 2) line[column + 1] = "";
      last = column;
      column += wide;
    }
  }
};

interface Layout {
  readonly columns: number;
  /** The columns of the lifelines, by key. */
  readonly lanes: ReadonlyMap<string, number>;
  readonly laneWidth: number;
}

const laneWidthMin = 10;

/** The ladder as text, at most `columns` wide; a list where the lifelines do not fit side by side. */
export const text = ({ lifelines, rows }: Ladder, columns = 80): string => {
  if (rows.length === 0) return `${cut(emptyLadder, columns)}\n`;
  const margins = marginsOf(rows);
  const gutter = widest(margins) + 1;
  const laneWidth = Math.min(40, Math.floor((columns - gutter) / Math.max(1, lifelines.length)));
  if (laneWidth < laneWidthMin) return list({ lifelines, rows }, margins, columns);
  const lanes = new Map(lifelines.map(({ key }, i) => [key, gutter + i * laneWidth + Math.floor(laneWidth / 2)]));
  const layout: Layout = { columns, lanes, laneWidth };
  const body = rows.map((row, i) => lineOf(row, margins[i] ?? "", layout));
  const lines = [heading(lifelines, layout), ...body].map((line) => line.join("").trimEnd());
  return `${[...lines, ...footOf(rows, columns)].join("\n")}\n`;
};

const footOf = (rows: ReadonlyArray<Row>, columns: number): ReadonlyArray<string> =>
  footnote(rows) === "" ? [] : [cut(footnote(rows), columns)];

const marginsOf = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const events = rows.map(eventsOf);
  const times = rows.map(seconds);
  const [eventWidth, timeWidth] = [events, times].map((texts) => widest(texts));
  return rows.map(
    ({ at }, i) => `${events[i]?.padEnd(eventWidth ?? 0)} ${timeOfDay(at)} ${times[i]?.padStart(timeWidth ?? 0)}`,
  );
};

const list = ({ lifelines, rows }: Ladder, margins: ReadonlyArray<string>, columns: number): string => {
  const names = new Map(lifelines.map(({ key, name }) => [key, name]));
  const name = (key: string): string => names.get(key) ?? key;
  const lines = rows.map(({ from, to, missed, label }, i) => {
    const targets = to.length === 0 ? "" : ` → ${to.map(name).join(", ")}`;
    const miss = missed === undefined ? "" : ` ✗ ${name(missed)}`;
    return cut(`${margins[i]} ${from === undefined ? "" : name(from)}${targets}${miss}: ${label}`, columns);
  });
  return `${[...lines, ...footOf(rows, columns)].join("\n")}\n`;
};

const heading = (lifelines: ReadonlyArray<Lifeline>, { columns, lanes, laneWidth }: Layout): Line => {
  const line: Line = new Array(columns).fill(" ");
  for (const { key, name } of lifelines) {
    const shown = cut(name, laneWidth - 2);
    write(line, (lanes.get(key) ?? 0) - Math.floor(width(shown) / 2), shown);
  }
  return line;
};

const lineOf = (row: Row, margin: string, layout: Layout): Line => {
  const line: Line = new Array(layout.columns).fill(" ");
  write(line, 0, margin);
  for (const lane of layout.lanes.values()) line[lane] = "│";
  const source = row.from === undefined ? undefined : layout.lanes.get(row.from);
  const ends = [...row.to, row.missed].flatMap((key) => (key === undefined ? [] : (layout.lanes.get(key) ?? [])));
  if (source !== undefined && ends.some((end) => end !== source)) drawArrow(line, row, { source, layout });
  else drawNote(line, row.to.length > 0 ? toItself(row.label) : row.label, { source, layout });
  return line;
};

interface Origin {
  readonly source: number;
  readonly layout: Layout;
}

const drawArrow = (line: Line, { to, missed, label }: Row, { source, layout }: Origin): void => {
  const hits = to.flatMap((key) => layout.lanes.get(key) ?? []).filter((lane) => lane !== source);
  const miss = missed === undefined ? undefined : layout.lanes.get(missed);
  const ends = [...hits, ...(miss === undefined ? [] : [miss])];
  const [left, right] = [Math.min(source, ...ends), Math.max(source, ...ends)];
  const lanes = new Set(layout.lanes.values());
  for (let column = left + 1; column < right; column += 1) line[column] = lanes.has(column) ? "┼" : "─";
  line[source] = left === source ? "├" : right === source ? "┤" : "┼";
  drawLabel(line, label, [source, ...ends]);
  for (const hit of hits) line[hit] = hit > source ? "►" : "◄";
  if (miss !== undefined) {
    line[miss] = "│";
    line[miss > source ? miss - 1 : miss + 1] = "✗";
  }
};

/** Writes a label into the longest stretch of an arrow between two of its ends, with some line on either side. */
const drawLabel = (line: Line, label: string, stops: ReadonlyArray<number>): void => {
  const sorted = [...new Set(stops)].sort((a, b) => a - b);
  const stretches = sorted.slice(1).map((to, i) => ({ from: sorted[i] ?? 0, columns: to - (sorted[i] ?? 0) }));
  const longest = stretches.reduce((most, stretch) => (stretch.columns > most.columns ? stretch : most));
  const shown = cut(label, longest.columns - 3);
  write(line, longest.from + Math.ceil((longest.columns - width(shown)) / 2), shown);
};

/** Writes a note beside the lifeline, on the side that has more room. */
const drawNote = (
  line: Line,
  label: string,
  { source, layout }: { readonly source: number | undefined; readonly layout: Layout },
): void => {
  const first = Math.min(...layout.lanes.values()) - Math.floor(layout.laneWidth / 2);
  const at = source ?? first;
  const room = { right: layout.columns - at - 2, left: at - first - 2 };
  const isRight = width(label) <= room.right || room.right >= room.left;
  const shown = cut(label, isRight ? room.right : room.left);
  if (isRight) write(line, at + 1, ` ${shown}`);
  else write(line, at - 1 - width(shown), `${shown} `);
  if (source !== undefined) line[at] = "●";
};
