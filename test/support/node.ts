import {
  defaultSettings,
  type Effect,
  type Entry,
  type Event,
  initial,
  type Millis,
  type NodeId,
  reduce,
  type State,
} from "../../core/index.js";

const at = 1_000_000 as Millis;

/** The core of a node with a log, since a time of 1,000,000. What it appends waits until `answer` brings it back. */
export class Node {
  state: State = initial;
  effects: ReadonlyArray<Effect> = [];
  readonly waiting: Entry[] = [];
  /** The last of its entries that came back. */
  last: Entry = { kind: "Expire", at };
  seq = 0;

  /** `isAmong`: other nodes order their entries in the same log. */
  constructor(
    readonly id: NodeId,
    isAmong = false,
  ) {
    const cluster = isAmong ? { cluster: { digest: 0 } } : {};
    this.happens({ kind: "ServerStarted", at, settings: defaultSettings, node: id, ...cluster });
    this.answer();
  }

  happens(event: Event): ReadonlyArray<Effect> {
    [this.state, this.effects] = reduce(this.state, event);
    for (const effect of this.effects) if (effect.kind === "Append") this.waiting.push(effect.entry);
    return this.effects;
  }

  /** All entries that wait come back. */
  answer(): void {
    for (let entry = this.waiting.shift(); entry !== undefined; entry = this.waiting.shift()) {
      this.last = entry;
      this.comes(entry, this.id);
    }
  }

  comes(entry: Entry, from: NodeId): ReadonlyArray<Effect> {
    this.seq += 1;
    return this.happens({ kind: "Appended", at: Math.max(at, entry.at) as Millis, seq: this.seq, node: from, entry });
  }
}
