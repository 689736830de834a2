import { end } from "./terminal.js";

export const usage = `Usage: signalbox replay FILE [FILE …] [option]
       signalbox replay nats://HOST:PORT [--since TIME] [option]

FILE is a journal that the server wrote with RECORD=…; list all files of a run, in their order. For several nodes of a cluster,
list all files of the first node, then all of the second: they are read together, and called node 1, node 2 … in that order.
With nats://… the log of a cluster is read, and nothing is changed there. It has rooms and sessions, and no signals: it answers the
figures, --people, --ladder and --at, whose N is then the number of an entry.
  --since TIME    from an ISO time on, or so long ago: 90s, 30m, 2h, 1d
  --cluster-name NAME
                  what the stream is called; by default CLUSTER_NAME, or signalbox

  (no option)     what happened, in figures, and what looks wrong; --json the same for machines
  --verify        compute the digests again; exit 1 where the replay first differs from what was recorded
  --people        who was there, under which names and ids, from when to when, and which rooms there were
  --why A [B]     why A did not reach B, or B not A; without B, how A fared with everybody. With --json for machines,
                  with --ladder the ladder of the two below; with --room R only of that room
  --ladder        the signalling as a ladder: people across, time down; --mermaid writes it as a Mermaid sequence diagram,
                  --html as one page to send to a colleague. With --room R, --user U or both (then both must hold) only
                  theirs; with --user A --user B only what was between the two; with --all also copies for third sockets,
                  and messages for one user that are no signalling
  --at N|TIME     the state after event N, or at a time of day in UTC, or an ISO time: rooms, participants, who holds them,
                  channels; with --json for machines
  --effects N[-M] what event N, or each of N to M, caused, and who got it
  --diff OTHER    the first effects that another build would have caused differently: its checkout, or its dist
  --shrink WHAT --to FILE
                  the smallest recording that still shows it, written to FILE. Put it into test/golden/journals, and a
                  test replays it from then on. WHAT is one of
                    invariant      one breaks
                    refused:CODE   a message is refused so, or for whatever reason: refused
                    unheard:USER   a message for USER reached nobody; unheard:A>USER if A sent it
                    differs:OTHER  an event has other effects in another build: its checkout, or its dist
                    digest         only cuts, after the first digest that the replay does not come to: a digest is of
                                   all events before it. With the build that wrote it, differs:OTHER shrinks further

People and rooms are named by id, by name, or both as they are printed: "Ann (u7)".

  signalbox replay run.ndjson --why Ann Bob --ladder
  signalbox replay run.ndjson --at 05:06:10
  signalbox replay run.ndjson --ladder --room Reception --user Ann
  signalbox replay node-1.ndjson node-2.ndjson --why Ann Bob
  signalbox replay nats://127.0.0.1:4222 --since 30m --people
`;

export const options = {
  json: { type: "boolean", default: false },
  verify: { type: "boolean", default: false },
  people: { type: "boolean", default: false },
  at: { type: "string" },
  effects: { type: "string" },
  why: { type: "string" },
  ladder: { type: "boolean", default: false },
  mermaid: { type: "boolean", default: false },
  html: { type: "boolean", default: false },
  all: { type: "boolean", default: false },
  room: { type: "string" },
  user: { type: "string", multiple: true },
  diff: { type: "string" },
  shrink: { type: "string" },
  since: { type: "string" },
  "cluster-name": { type: "string" },
  to: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

export type Option = keyof typeof options;

/** What the command can be asked, and what may stand beside each. */
const questions: ReadonlyArray<{ readonly ask: Option; readonly beside: ReadonlyArray<Option> }> = [
  { ask: "why", beside: ["json", "ladder", "all", "room"] },
  { ask: "people", beside: [] },
  { ask: "at", beside: ["json"] },
  { ask: "effects", beside: [] },
  { ask: "diff", beside: [] },
  { ask: "shrink", beside: ["to"] },
  { ask: "mermaid", beside: ["ladder", "room", "user", "all"] },
  { ask: "html", beside: ["ladder", "room", "user", "all"] },
  { ask: "ladder", beside: ["room", "user", "all"] },
];

/** What says which log is read, whatever is asked. */
const ofLog: ReadonlyArray<Option> = ["since", "cluster-name"];

/** Options that would have no effect are refused, in one sentence. */
export const refuseIdle = (given: ReadonlyArray<Option>): void => {
  const asked = questions.find(({ ask }) => given.includes(ask));
  const isIdle = (option: Option): boolean =>
    option !== asked?.ask && !ofLog.includes(option) && !(asked?.beside ?? ["json", "verify"]).includes(option);
  const idle = given.find(isIdle);
  if (idle === undefined) return;
  const hosts = questions.filter(({ beside }) => beside.includes(idle)).map(({ ask }) => `--${ask}`);
  const what = asked === undefined ? "the figures" : `--${asked.ask}`;
  const where = hosts.length === 0 ? "" : `; it goes with ${hosts.join(", ")}`;
  end(2, `--${idle} does not go together with ${what}${where}: see --help.`);
};

/** What is wrong with a command line. Node names the option in quotes; the rest of what it says is for programmers. */
export const misused = (message: string, known: object): string => {
  const [, option] = /'(-[^' ]*)/.exec(message) ?? [];
  if (option === undefined) return message;
  return Object.hasOwn(known, option.slice(2))
    ? `${option} is not given as it should be.`
    : `There is no option ${option}.`;
};
