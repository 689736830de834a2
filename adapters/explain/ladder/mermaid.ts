import { eventsOf, footnote, type Ladder, seconds } from "../ladder.js";
import { emptyLadder } from "../sentences/ladder.js";
import { timeOfDay } from "../times.js";
import type { Row } from "./row.js";

/** Escapes everything that Mermaid might interpret, and `end`, which closes a block. */
const mermaidText = (text: string): string =>
  text
    .replace(/[^\p{L}\p{N}\p{M}\p{S} .–_-]|[#<>$^`|~+=]/gu, (char) => `#${char.codePointAt(0)};`)
    .replace(/\bend\b/gi, (word) => `#${word.codePointAt(0)};${word.slice(1)}`);

/** A sequence diagram (mermaid.js.org). */
export const mermaid = ({ lifelines, rows }: Ladder): string => {
  if (rows.length === 0) return `sequenceDiagram\n    participant p0 as ${mermaidText(emptyLadder)}\n`;
  const actors = new Map(lifelines.map(({ key }, i) => [key, `p${i}`]));
  const lines = rows.flatMap((row) => mermaidRow(row, actors));
  const heads = lifelines.map(({ key, name }) => `participant ${actors.get(key)} as ${mermaidText(name)}`);
  if (footnote(rows) !== "") lines.push(`Note over p0,p${lifelines.length - 1}: ${mermaidText(footnote(rows))}`);
  return ["sequenceDiagram", ...[...heads, ...lines].map((line) => `    ${line}`), ""].join("\n");
};

const mermaidRow = (row: Row, actors: ReadonlyMap<string, string>): ReadonlyArray<string> => {
  const label = mermaidText(`${eventsOf(row)} ${timeOfDay(row.at)} ${seconds(row)} ${row.label}`);
  const all = [...actors.values()];
  const source = row.from === undefined ? undefined : actors.get(row.from);
  if (source === undefined) return all.length === 0 ? [] : [`Note over ${all[0]},${all.at(-1)}: ${label}`];
  const arrows = row.to.map((key) => `${source}->>${actors.get(key)}: ${label}`);
  if (row.missed !== undefined) arrows.push(`${source}-x${actors.get(row.missed)}: ${label}`);
  return arrows.length === 0 ? [`Note over ${source}: ${label}`] : arrows;
};
