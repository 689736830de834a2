import type { ClientId, Moment, Recorded } from "../../core/index.js";
import { plain } from "../plain.js";
import {
  type Coming,
  isUnsaid,
  type Membership,
  type Refused,
  type Relay,
  type Role,
  readSession,
  type Session,
} from "./exchange.js";
import { peopleNamed, roomsNamed } from "./names.js";
import { peopleOf, roomLabel, roomName } from "./people.js";
import { timeOfDay } from "./times.js";

/** A user, or a socket that never said who it is. */
export interface Participant {
  readonly key: string;
  readonly name: string;
}

export type RowKind = Role | "join" | "leave" | "connect" | "disconnect" | "refusal" | "unheard" | "stop";

export interface Row {
  /** The first event that it stands for, and the last. */
  readonly event: number;
  readonly lastEvent: number;
  readonly count: number;
  readonly at: number;
  /** Since the start of the recording. */
  readonly sinceMs: number;
  readonly kind: RowKind;
  /** Keys of participants; what is nobody's own has no `from`, and what is not a message has no `to`. */
  readonly from: string | undefined;
  readonly to: ReadonlyArray<string>;
  /** Whom it was meant for and did not reach. */
  readonly missed: string | undefined;
  /** How many copies went to sockets that had not said who they are, and are not drawn. */
  readonly copies: number;
  readonly label: string;
}

/** The signalling of a recording: participants across, time down. */
export interface Ladder {
  readonly participants: ReadonlyArray<Participant>;
  readonly rows: ReadonlyArray<Row>;
}

export interface LadderFilter {
  /** Only of users who ever were in this room, or were refused it: an id or a name. */
  readonly room?: string | undefined;
  /** Only of this user, or only between these two, by id or name. */
  readonly users?: ReadonlyArray<string>;
  /** Also the copies of a message for one that went to sockets which had not said who they are. */
  readonly isAll?: boolean;
}

export const ladder = (moments: Iterable<Moment<Recorded>>, filter: LadderFilter = {}): Ladder => {
  const session = readSession(moments);
  const all = session.incidents.flatMap((incident) => rowOf(session, incident, filter.isAll === true));
  const rows = folded(withoutBystanders(all.flatMap(wanted(session, filter))));
  return { participants: participantsIn(session, rows), rows };
};

/** What of a row is drawn: of two users, what passed between them, and what either did alone. */
const wanted = (session: Session, { room, users = [] }: LadderFilter): ((row: Row) => ReadonlyArray<Row>) => {
  const people = users.length === 0 ? [] : peopleOf(session);
  const keys = users.map((user) => new Set(peopleNamed(session, people, user).flatMap(({ ids }) => ids.map(userKey))));
  const inRoom = room === undefined ? undefined : keysInRoom(session, roomsNamed(session, room));
  const isOf = (row: Row, some: ReadonlySet<string>): boolean => touched(row).some((key) => some.has(key));
  const isPair = keys.length > 1;
  const pair = new Set(keys.flatMap((some) => [...some]));
  return (row) => {
    if (inRoom !== undefined && !isOf(row, inRoom)) return [];
    if (!isPair) return keys.every((some) => isOf(row, some)) ? [row] : [];
    const isAlone = touched(row).length === 1;
    if (isAlone ? !isOf(row, pair) : !keys.every((some) => isOf(row, some))) return [];
    return [{ ...row, to: row.to.filter((key) => pair.has(key)) }];
  };
};

const userKey = (id: string): string => `user ${id}`;
const touched = ({ from, to, missed }: Row): ReadonlyArray<string> =>
  [from, ...to, missed].filter((key) => key !== undefined);

const keysInRoom = ({ incidents }: Session, rooms: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(
    incidents.flatMap((incident) => {
      if (incident.kind === "join") return rooms.includes(incident.room) ? [userKey(incident.user)] : [];
      if (incident.kind !== "refusal" || incident.user === undefined) return [];
      const isOfRoom = incident.where !== undefined && rooms.includes(incident.where);
      return incident.what === "user-joined-room" && isOfRoom ? [userKey(incident.user)] : [];
    }),
  );

/** Whom a socket stands for in the diagram: of several users the one that is meant, or else the first. */
const keyOf = ({ sockets }: Session, client: ClientId, meant: string | undefined): string => {
  const users = sockets.get(client)?.users;
  const user = meant !== undefined && users?.has(meant) ? meant : users?.keys().next().value;
  return user === undefined ? `socket ${client}` : userKey(user);
};

const rowOf = (session: Session, incident: Session["incidents"][number], isAll: boolean): ReadonlyArray<Row> => {
  const at = {
    event: incident.event,
    lastEvent: incident.event,
    count: 1,
    copies: 0,
    at: incident.at,
    sinceMs: incident.at - session.startedAt,
    to: [],
    missed: undefined,
  };
  switch (incident.kind) {
    case "relay":
      return relayRow(session, incident, { place: at, isAll });
    case "refusal":
      return [{ ...at, kind: "refusal", from: refusedKey(session, incident), label: refusalLabel(incident) }];
    case "join":
    case "leave":
      return [{ ...at, kind: incident.kind, from: userKey(incident.user), label: memberLabel(session, incident) }];
    case "connect":
    case "disconnect":
      return [
        { ...at, kind: incident.kind, from: keyOf(session, incident.client, undefined), label: comingLabel(incident) },
      ];
    case "stop":
      return [{ ...at, kind: "stop", from: undefined, label: "the server stopped" }];
  }
};

type Place = Pick<Row, "event" | "lastEvent" | "count" | "at" | "sinceMs">;

/** Of what is not signalling only the messages to nobody are shown. */
const relayRow = (
  session: Session,
  relay: Relay,
  { place, isAll }: { readonly place: Place; readonly isAll: boolean },
): ReadonlyArray<Row> => {
  const { client, from, to: meant, role, receivers } = relay;
  if (role === undefined && receivers.length > 0) return [];
  const { mine, unsaid } = receiversOf(session, relay);
  const drawn = isAll || meant === undefined ? receivers : mine.length > 0 ? mine : unsaid;
  const isMissed = meant !== undefined && mine.length + unsaid.length === 0;
  const nobody = receivers.length === 0 ? " to nobody" : isMissed ? " to nobody it was meant for" : "";
  return [
    {
      ...place,
      kind: role ?? "unheard",
      from: from === undefined ? keyOf(session, client, undefined) : userKey(from),
      to: [...new Set(drawn.map((id) => keyOf(session, id, meant)))],
      missed: isMissed ? userKey(meant) : undefined,
      copies: receivers.length - drawn.length,
      label: `${shortened(relay.type)}${nobody}`,
    },
  ];
};

/** Those who got a message for one: that one, and those who in the whole recording never say who they are. */
const receiversOf = ({ sockets }: Session, { receivers, to }: Relay) => ({
  mine: receivers.filter((id) => to !== undefined && sockets.get(id)?.users.has(to)),
  unsaid: receivers.filter((id) => {
    const socket = sockets.get(id);
    return socket !== undefined && isUnsaid(socket);
  }),
});

/** What tells an offer from an answer stands at the end, where a narrow column would cut it off. */
const shortened = (type: string): string => plain(type.replace(/^webrtc-/, ""));

const refusedKey = (session: Session, { user, client }: Refused): string =>
  user === undefined ? keyOf(session, client, undefined) : userKey(user);
const refusalLabel = ({ what, where, code }: Refused): string =>
  `${plain(what)}${where === undefined ? "" : ` ${plain(where)}`} refused: ${code}`;
const memberLabel = (session: Session, { kind, room, why }: Membership): string => {
  const name = roomName(session, room);
  const isTaken = session.rooms.some((other) => other.name === name && other.id !== room);
  const shown = isTaken ? roomLabel(session, room) : plain(name);
  return kind === "join" ? `joined ${shown}` : `left ${shown}${why === "left" ? "" : ` (${why})`}`;
};
const comingLabel = ({ kind }: Coming): string => (kind === "connect" ? "connected" : "disconnected");

/** Sockets that did nothing but come and go are not shown. */
const withoutBystanders = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  const isComing = ({ kind }: Row): boolean => kind === "connect" || kind === "disconnect";
  const active = new Set(rows.filter((row) => !isComing(row)).flatMap(touched));
  return rows.filter((row) => !isComing(row) || row.from?.startsWith("user ") || active.has(row.from ?? ""));
};

const foldable: ReadonlySet<RowKind> = new Set(["candidate", "connect", "disconnect"]);

/** Candidates, and comings and goings, are one row where they follow upon each other, with nothing between them. */
const folded = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  const out: Row[] = [];
  const arrowOf = ({ from, to, missed, label }: Row): string => [from, ...to, missed, label].join("\n");
  for (const row of rows) {
    const last = out.at(-1);
    const isSame = last !== undefined && last.kind === row.kind && arrowOf(last) === arrowOf(row);
    if (isSame && foldable.has(row.kind) && row.event === last.lastEvent + 1)
      out[out.length - 1] = {
        ...last,
        lastEvent: row.lastEvent,
        count: last.count + row.count,
        copies: last.copies + row.copies,
      };
    else out.push(row);
  }
  return out.map((row) => (row.count > 1 ? { ...row, label: `${row.count} × ${row.label}` } : row));
};

const participantsIn = ({ names }: Session, rows: ReadonlyArray<Row>): ReadonlyArray<Participant> => {
  const keys = [...new Set(rows.flatMap(touched))];
  const named = keys.map((key) => {
    const id = key.slice("user ".length);
    return key.startsWith("user ") ? { key, id, name: names.get(id) ?? id } : { key, id: key, name: key };
  });
  const isTaken = (name: string): boolean => named.filter((other) => other.name === name).length > 1;
  return named.map(({ key, id, name }) => ({
    key,
    name: isTaken(name) && name !== id ? `${plain(name)} (${plain(id)})` : plain(name),
  }));
};

const seconds = ({ sinceMs }: Row): string => `${(sinceMs / 1_000).toFixed(3)}s`;
const eventsOf = ({ event, lastEvent }: Row): string => (event === lastEvent ? `#${event}` : `#${event}–${lastEvent}`);
const nothing = "Nothing was signalled.";

/** What is not drawn is told. */
const leftOut = (rows: ReadonlyArray<Row>): string => {
  const copies = rows.reduce((sum, row) => sum + row.copies, 0);
  return copies === 0
    ? ""
    : `Not drawn: ${copies} ${copies === 1 ? "copy" : "copies"} that went to sockets which had not said who they are (--all).`;
};

// ---- For the terminal

const zeroWidth = /^\p{M}$/u;
const doubleWidth =
  /^[\p{Emoji_Presentation}\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]$/u;

/** The columns that a text takes in a terminal. */
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
  /** The columns of the lifelines, by participant. */
  readonly lanes: ReadonlyMap<string, number>;
  readonly laneWidth: number;
}

const laneWidthMin = 10;

/** The diagram for a terminal, at most so many columns wide; where the participants do not fit side by side, a list. */
export const text = ({ participants, rows }: Ladder, columns = 80): string => {
  if (rows.length === 0) return `${cut(nothing, columns)}\n`;
  const margins = marginsOf(rows);
  const gutter = widest(margins) + 1;
  const laneWidth = Math.min(40, Math.floor((columns - gutter) / Math.max(1, participants.length)));
  if (laneWidth < laneWidthMin) return list({ participants, rows }, margins, columns);
  const lanes = new Map(participants.map(({ key }, i) => [key, gutter + i * laneWidth + Math.floor(laneWidth / 2)]));
  const layout: Layout = { columns, lanes, laneWidth };
  const body = rows.map((row, i) => lineOf(row, margins[i] ?? "", layout));
  const lines = [heading(participants, layout), ...body].map((line) => line.join("").trimEnd());
  return `${[...lines, ...footOf(rows, columns)].join("\n")}\n`;
};

const footOf = (rows: ReadonlyArray<Row>, columns: number): ReadonlyArray<string> =>
  leftOut(rows) === "" ? [] : [cut(leftOut(rows), columns)];

const marginsOf = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const events = rows.map(eventsOf);
  const times = rows.map(seconds);
  const [eventWidth, timeWidth] = [events, times].map((texts) => widest(texts));
  return rows.map(
    ({ at }, i) => `${events[i]?.padEnd(eventWidth ?? 0)} ${timeOfDay(at)} ${times[i]?.padStart(timeWidth ?? 0)}`,
  );
};

const list = ({ participants, rows }: Ladder, margins: ReadonlyArray<string>, columns: number): string => {
  const names = new Map(participants.map(({ key, name }) => [key, name]));
  const name = (key: string): string => names.get(key) ?? key;
  const lines = rows.map(({ from, to, missed, label }, i) => {
    const targets = to.length === 0 ? "" : ` → ${to.map(name).join(", ")}`;
    const miss = missed === undefined ? "" : ` ✗ ${name(missed)}`;
    return cut(`${margins[i]} ${from === undefined ? "" : name(from)}${targets}${miss}: ${label}`, columns);
  });
  return `${[...lines, ...footOf(rows, columns)].join("\n")}\n`;
};

const heading = (participants: ReadonlyArray<Participant>, { columns, lanes, laneWidth }: Layout): Line => {
  const line: Line = new Array(columns).fill(" ");
  for (const { key, name } of participants) {
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
  else drawNote(line, row.to.length > 0 ? `${row.label} (to itself)` : row.label, { source, layout });
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

/** Within the longest stretch of the arrow between two of its stops, leaving some line on either side. */
const drawLabel = (line: Line, label: string, stops: ReadonlyArray<number>): void => {
  const sorted = [...new Set(stops)].sort((a, b) => a - b);
  const stretches = sorted.slice(1).map((to, i) => ({ from: sorted[i] ?? 0, columns: to - (sorted[i] ?? 0) }));
  const longest = stretches.reduce((most, stretch) => (stretch.columns > most.columns ? stretch : most));
  const shown = cut(label, longest.columns - 3);
  write(line, longest.from + Math.ceil((longest.columns - width(shown)) / 2), shown);
};

/** Beside the lifeline, on the side that has more room. */
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

// ---- For Mermaid

/** All that might mean something to Mermaid as an entity code; so too `end`, which closes a block. */
const mermaidText = (text: string): string =>
  text
    .replace(/[^\p{L}\p{N}\p{M}\p{S} .–_-]|[#<>$^`|~+=]/gu, (char) => `#${char.codePointAt(0)};`)
    .replace(/\bend\b/gi, (word) => `#${word.codePointAt(0)};${word.slice(1)}`);

/** A sequence diagram (mermaid.js.org). */
export const mermaid = ({ participants, rows }: Ladder): string => {
  if (rows.length === 0) return `sequenceDiagram\n    participant p0 as ${mermaidText(nothing)}\n`;
  const actors = new Map(participants.map(({ key }, i) => [key, `p${i}`]));
  const lines = rows.flatMap((row) => mermaidRow(row, actors));
  const heads = participants.map(({ key, name }) => `participant ${actors.get(key)} as ${mermaidText(name)}`);
  if (leftOut(rows) !== "") lines.push(`Note over p0,p${participants.length - 1}: ${mermaidText(leftOut(rows))}`);
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

// ---- For a browser

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
.ladder { overflow-x: auto; --lane: 9.5rem; }
@media (max-width: 40rem) { body { padding: .5rem; font-size: 13px; } .ladder { --lane: 8.5rem; } }
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
<title>Signalbox: ladder of a session</title>
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
