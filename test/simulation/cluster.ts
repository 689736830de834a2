import * as O from "fp-ts/lib/Option.js";
import { leaseOf } from "../../adapters/cluster/lease.js";
import { type Runtime, runtime } from "../../adapters/server/runtime.js";
import * as Table from "../../core/base/table.js";
import {
  type Appended,
  type ClientId,
  type DialectName,
  defaultSettings,
  type Effect,
  type Entry,
  type Event,
  invariants,
  isLive,
  isOutdated,
  leaseMs,
  type Millis,
  type NodeId,
  type RoomId,
  type SessionId,
  type State,
  sharedSnapshot,
  type UserId,
} from "../../core/index.js";
import { decidedBy, type Version } from "./versions.js";

/** What may happen to a cluster, and to those who use it. Numbers choose among what is there. */
export type Act =
  | { readonly do: "arrive" | "leave" | "drop" | "signal" | "say" | "lock"; readonly who: number; readonly at: number }
  | { readonly do: "join"; readonly who: number; readonly at: number; readonly hasLobby: boolean }
  | { readonly do: "admit"; readonly who: number; readonly at: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "kill" | "start" | "freeze" | "cut" | "mute" | "mend"; readonly at: number }
  /** The node is stopped, by itself or not, and started as another version. */
  | { readonly do: "stop" | "upgrade" | "downgrade"; readonly at: number };

interface Person {
  readonly user: UserId;
  node: Machine | undefined;
  client: ClientId | undefined;
  session: SessionId | undefined;
  generation: number;
  isWelcome: boolean;
  lastId: number;
  /** Numbers of requests, and of the frames that each was answered with. */
  readonly answers: Map<string, Set<number>>;
  /** What it has asked for over its present socket. */
  asked: string[];
}

interface Machine {
  readonly name: number;
  readonly version: Version;
  id: NodeId;
  readonly loop: Runtime;
  /** On their way to the log, in order. */
  outbox: Array<{ readonly node: NodeId; readonly entry: Entry }>;
  /** How much of the log it has been given. */
  cursor: number;
  isFrozen: boolean;
  isCut: boolean;
  /** What it appends is held up. */
  isMute: boolean;
  /** Whose sockets have ended while it was frozen. */
  readonly late: ClientId[];
  /** Who has been told of as gone. */
  readonly gone: Set<ClientId>;
  shared: State["shared"] | undefined;
  readonly turn: () => void;
  readonly check: () => void;
  readonly notice: (event: Appended) => void;
}

const nodes = 3;
const rooms = ["r", "r", "r", "r", "s"] as ReadonlyArray<string> as ReadonlyArray<RoomId>;
const stepMs = 100;
/** So that all that waits for somebody is over when a run is. */
const settings = { ...defaultSettings, sessionGraceMs: 5_000 };
/** What need not hold while entries are on their way. */
const isOfWaiting = /is away and has a client|of another generation/;

/** Real cores and runtimes over a log and a network that a test is in charge of, in virtual time. */
export const cluster = (people: number, planted: (event: Appended, name: number) => Appended = (event) => event) => {
  let now = 1_000_000;
  let count = 0;
  const log: Array<Omit<Appended, "at" | "kind">> = [];
  const digests = new Map<number, string>();
  const broken: string[] = [];
  const disagreed: Array<{ readonly name: number; readonly at: number; readonly isOdd: boolean }> = [];
  /** The nodes that are to begin anew. */
  const odd: number[] = [];
  /** The nodes whose process ends, as they cannot decide at the level in force. */
  const outdated: number[] = [];
  /** What is installed on each machine. */
  const versions: Version[] = Array.from({ length: nodes }, () => 1);
  /** Sockets whose end nobody has told of yet. */
  const halfOpen: Array<readonly [Machine, ClientId]> = [];
  const machines: Array<Machine | undefined> = [];
  const persons: Person[] = Array.from({ length: people }, (_, i) => ({
    user: `~user-${i}` as UserId,
    node: undefined,
    client: undefined,
    session: undefined,
    generation: 1,
    isWelcome: false,
    lastId: 1,
    answers: new Map(),
    asked: [],
  }));
  const at = (): Millis => now as Millis;

  const live = (): ReadonlyArray<Machine> => machines.filter((it) => it !== undefined);

  const personAt = (machine: Machine, client: ClientId): Person | undefined =>
    persons.find((it) => it.node === machine && it.client === client);

  const close = (machine: Machine, client: ClientId, code: number): void => {
    const person = personAt(machine, client);
    if (person !== undefined) Object.assign(person, { node: undefined, client: undefined });
    machine.gone.add(client);
    machine.loop.dispatch({ kind: "ClientDisconnected", at: at(), client, code });
  };

  const hear = (machine: Machine, client: ClientId, effect: Extract<Effect, { kind: "Send" }>): void => {
    const person = personAt(machine, client);
    const { message } = effect;
    if (person === undefined) return;
    if (message.kind === "Welcome") {
      Object.assign(person, { session: message.session, generation: message.generation, isWelcome: true });
    }
    if (message.kind !== "Personal") return;
    const { about } = message;
    if ((about.kind !== "Result" && about.kind !== "Refused") || about.id === undefined) return;
    const key = `${person.session} ${about.id}`;
    person.answers.set(key, (person.answers.get(key) ?? new Set()).add(message.n));
  };

  const carryOut = (machine: Machine, effect: Effect, state: State): void => {
    switch (effect.kind) {
      case "Append":
        machine.outbox.push({ node: machine.id, entry: JSON.parse(JSON.stringify(effect.entry)) });
        return;
      case "Close": {
        const whom = effect.to.kind === "Client" ? [effect.to.client] : Table.keys(state.local.clients);
        for (const client of whom) if (Table.has(state.local.clients, client)) close(machine, client, effect.code);
        return;
      }
      case "Send":
        if (effect.to.kind === "Client") hear(machine, effect.to.client, effect);
        return;
      case "Forward": {
        const about = effect.to === "subscribers" ? "subscribers" : "sessions";
        for (const other of machines)
          if (other !== undefined && other !== machine && (effect.to === "subscribers" || effect.to.includes(other.id)))
            tell(machine, other, { kind: "Forwarded", at: at(), from: machine.id, about, ...effect.message });
        return;
      }
      case "Reply": {
        const other = machines.find((it) => it?.id === effect.to);
        if (other !== undefined)
          tell(machine, other, { kind: "Replied", at: at(), asked: effect.asked, answer: effect.answer });
        return;
      }
      case "Report":
        if (effect.fact.kind !== "NodeDisagreed") return;
        disagreed.push({ name: machine.name, at: now, isOdd: effect.fact.isOdd });
        if (effect.fact.isOdd) odd.push(machine.name);
    }
  };

  const tell = (from: Machine, to: Machine, event: Event): void => {
    if (from.isCut || to.isCut || to.isFrozen) return;
    to.loop.dispatch(JSON.parse(JSON.stringify(event)));
  };

  const idOf = (name: number): NodeId => {
    count += 1;
    return `node-${name}-${count}` as NodeId;
  };

  const start = (name: number): void => {
    const soon: Array<() => void> = [];
    const id = idOf(name);
    const version = versions[name] ?? 1;
    const lease = leaseOf({
      now: () => now,
      failed: () => machine.loop.dispatch({ kind: "LogFailed", at: at() }),
      recovered: () => machine.loop.dispatch({ kind: "LogRecovered", at: at() }),
      givenUp: () => {
        machine.id = idOf(name);
        machine.outbox = [];
        machine.loop.dispatch({ kind: "LogRecovered", at: at(), node: machine.id });
      },
    });
    const loop = runtime(
      {
        interpret: (effect, state) => {
          if (effect.kind === "Append") lease.sent(effect.entry);
          carryOut(machine, effect, state);
        },
        observe: (event, _, state) => {
          if (event.kind === "Appended") lease.applied(event, state);
          look(machine, event, state);
        },
        flush: () => {},
        turned: () => {},
        wakeAt: () => {},
        hold: () => {},
      },
      { now: () => 0, soon: (then) => void soon.push(then) },
    );
    const machine: Machine = {
      ...{
        name,
        version,
        id,
        loop,
        outbox: [],
        cursor: 0,
        isFrozen: false,
        isCut: false,
        isMute: false,
        late: [],
        gone: new Set(),
        shared: undefined,
      },
      turn: () => {
        for (let then = soon.shift(); then !== undefined; then = soon.shift()) then();
      },
      check: lease.check,
      notice: (event) => loop.dispatch(event),
    };
    // From a snapshot that another one has made, where there is one.
    const other = live().find(({ isFrozen, isCut }) => !isFrozen && !isCut);
    const { cluster: among } = other?.loop.state().local.ordering ?? { cluster: O.none };
    machines[name] = machine;
    if (other === undefined || O.isNone(among)) {
      loop.dispatch({ kind: "ServerStarted", at: at(), settings, level: version, node: id, cluster: { digest: 0 } });
    } else {
      machine.cursor = other.cursor;
      const restored = JSON.parse(JSON.stringify(sharedSnapshot(other.loop.state().shared)));
      const { digest } = among.value;
      const begun = { kind: "ServerStarted", at: at(), settings, level: version, node: id } as const;
      loop.dispatch({ ...begun, restored, cluster: { digest } });
    }
    machine.turn();
  };

  /** Two nodes that have applied the same entries have the same shared half; and each node's own laws hold. */
  const look = (machine: Machine, event: Event, state: State): void => {
    for (const wrong of invariants(state))
      if (!isOfWaiting.test(wrong)) broken.push(`node ${machine.name} after ${event.kind}: ${wrong}`);
    const before = machine.shared;
    machine.shared = state.shared;
    if (isOutdated(state) && !outdated.includes(machine.name)) outdated.push(machine.name);
    if (event.kind !== "Appended") return;
    if (before !== undefined && before.level > machine.version) {
      if (before !== state.shared) broken.push(`node ${machine.name} decides at level ${before.level}, and cannot`);
      return;
    }
    if (before !== undefined) broken.push(...wrongOf(event, before, state.shared));
    const digest = JSON.stringify(sharedSnapshot(state.shared));
    const known = digests.get(event.seq);
    if (known === undefined) digests.set(event.seq, digest);
    else if (known !== digest) broken.push(`node ${machine.name} has another shared half after entry ${event.seq}`);
  };

  /** What a node asks for that was given up does not count; and nobody is given up who has renewed the lease in time. */
  const wrongOf = ({ seq, node, entry }: Appended, before: State["shared"], after: State["shared"]) => {
    const wrong: string[] = [];
    if (entry.kind !== "StartNode" && !isLive(before, node) && after !== before)
      wrong.push(`entry ${seq} counts, of a node that was given up`);
    if (after.level < before.level) wrong.push(`entry ${seq} lowers the level`);
    if (entry.kind !== "SuspectNode" || !isLive(before, entry.node) || isLive(after, entry.node)) return wrong;
    const isRenewal = ({ entry: it }: (typeof log)[number]): boolean =>
      it.kind === "RenewNode" && it.node === entry.node;
    const last = log.slice(0, seq - 1).findLast(isRenewal);
    if (last !== undefined && entry.at - last.entry.at < leaseMs)
      wrong.push(`a node is given up that has renewed its lease`);
    return wrong;
  };

  const settle = (): void => {
    for (const machine of machines) machine?.turn();
    for (const name of outdated.splice(0)) remove(name);
    for (const name of odd.splice(0)) {
      remove(name);
      start(name);
    }
  };

  const remove = (name: number): void => {
    const machine = machines[name];
    machines[name] = undefined;
    for (const it of persons)
      if (it.node === machine && machine !== undefined) Object.assign(it, { node: undefined, client: undefined });
  };

  const decided = ({ name, version, loop }: Machine, event: Appended): Appended =>
    planted(decidedBy(version, loop.state().shared, event), name);

  /** What is on its way to the log gets there, and what is in it gets to the nodes. */
  const flow = (): void => {
    for (const machine of machines) {
      if (machine === undefined || machine.isCut || machine.isFrozen || machine.isMute) continue;
      for (const { node, entry } of machine.outbox.splice(0)) {
        const time = Math.max(log.at(-1)?.entry.at ?? 0, now) as Millis;
        log.push({ seq: log.length + 1, node, entry: { ...entry, at: time } });
      }
    }
    for (const machine of machines) {
      if (machine === undefined || machine.isCut || machine.isFrozen) continue;
      for (; machine.cursor < log.length; machine.cursor += 1) {
        const next = log[machine.cursor];
        if (next !== undefined)
          machine.notice(decided(machine, { kind: "Appended", at: Math.max(now, next.entry.at) as Millis, ...next }));
        machine.turn();
      }
    }
    settle();
  };

  /** As with SIGTERM: it says so where it can. */
  const stop = (machine: Machine): void => {
    if (!machine.isFrozen) machine.loop.dispatch({ kind: "ServerStopping", at: at() });
    machine.turn();
    flow();
    remove(machine.name);
  };

  const tick = (): void => {
    for (const machine of machines) {
      if (machine === undefined || machine.isFrozen) continue;
      machine.check();
      machine.loop.dispatch({ kind: "ClockTicked", at: at() });
      machine.turn();
    }
  };

  const wait = (ms: number): void => {
    for (const end = now + ms; now < end; ) {
      now += stepMs;
      tick();
      flow();
    }
  };

  const send = (person: Person, make: (id: number) => Event): void => {
    const { node } = person;
    if (node === undefined || node.isFrozen || person.client === undefined || !person.isWelcome) return;
    person.lastId += 1;
    const key = `${person.session} ${person.lastId}`;
    person.answers.set(key, new Set());
    person.asked.push(key);
    node.check();
    node.loop.dispatch(make(person.lastId));
    node.turn();
  };

  const drop = (person: Person): void => {
    const { node, client } = person;
    Object.assign(person, { node: undefined, client: undefined });
    if (node === undefined || client === undefined) return;
    if (node.isFrozen) node.late.push(client);
    else ended(node, client);
  };

  const ended = (node: Machine, client: ClientId): void => {
    node.gone.add(client);
    node.loop.dispatch({ kind: "ClientDisconnected", at: at(), client, code: 1006 });
    node.turn();
  };

  const mend = (machine: Machine): void => {
    Object.assign(machine, { isFrozen: false, isCut: false, isMute: false });
    machine.check();
    for (const client of machine.late.splice(0)) ended(machine, client);
  };

  /** The socket before may be half-open: its end is never told of. */
  const arrive = (person: Person, machine: Machine, isHalfOpen = false): void => {
    if (machine.isFrozen) return;
    if (!isHalfOpen) drop(person);
    else if (person.node !== undefined && person.client !== undefined) halfOpen.push([person.node, person.client]);
    count += 1;
    const client = count as ClientId;
    Object.assign(person, { node: machine, client, asked: [], isWelcome: false });
    const { user, session, generation } = person;
    machine.check();
    machine.loop.dispatch({
      ...{ kind: "ClientConnected", at: at(), client, session: `session-${count}` as SessionId, address: "" },
      ...{ dialect: "signalbox.v1" as DialectName, verified: user },
      greeting: {
        ...{ id: 1, name: user, user, seen: 0 },
        ...(session === undefined ? {} : { resume: { session, generation } }),
      },
    });
    machine.turn();
  };

  const pick = <A>(among: ReadonlyArray<A>, n: number): A | undefined => among[n % Math.max(1, among.length)];
  const policy = (lobby: boolean) => ({ listed: true, lobby, capacity: 8, withoutHost: "promote" }) as const;

  const act = (what: Act): void => {
    if (what.do === "wait") return wait(what.ms);
    if ("who" in what) {
      const person = persons[what.who % people];
      if (person === undefined) return;
      const client = person.client as ClientId;
      const roomId = rooms[what.at % rooms.length] as RoomId;
      const about = { at: at(), client, roomId } as const;
      const { user } = person;
      const other = (pick(persons, what.at + what.who + 1) ?? person).user;
      switch (what.do) {
        case "arrive": {
          const machine = pick(live(), what.at);
          return machine === undefined ? undefined : arrive(person, machine, what.at % 2 === 1);
        }
        case "drop":
          return drop(person);
        case "join": {
          const machine = pick(live(), what.who);
          if (person.client === undefined && machine !== undefined) {
            arrive(person, machine);
            wait(stepMs);
          }
          return send(person, (id) => ({
            ...{
              kind: "JoinRequested",
              ...about,
              client: person.client as ClientId,
              id,
              userId: user,
              userName: user,
              text: "",
            },
            create: { room: { id: roomId, name: roomId, hostId: user, host: user }, policy: policy(what.hasLobby) },
          }));
        }
        case "leave":
          return send(person, (id) => ({ kind: "LeaveRequested", ...about, id, userId: user, text: "" }));
        case "admit":
          return send(person, (id) => ({ kind: "AdmitRequested", ...about, id, userId: other }));
        case "lock":
          return send(person, (id) => ({ kind: "LockRequested", ...about, id, isLocked: what.at % 2 === 0 }));
        case "say":
          return send(person, (id) => ({ kind: "MessageRequested", ...about, id, to: other, text: '"x"' }));
        case "signal":
          return send(person, (id) => ({
            ...{ kind: "SignalRequested", ...about, id, to: other, signal: "offer", negotiation: id, text: "{}" },
          }));
      }
    }
    const name = what.at % nodes;
    const machine = machines[name];
    switch (what.do) {
      case "start":
        if (machine === undefined) start(name);
        return;
      case "kill":
        if (machine === undefined || live().length < 2) return;
        return remove(name);
      case "stop":
        if (machine === undefined || live().length < 2) return;
        return stop(machine);
      case "upgrade":
      case "downgrade":
        if (machine !== undefined && live().length < 2) return;
        if (machine !== undefined) stop(machine);
        versions[name] = what.do === "upgrade" ? 2 : 1;
        return start(name);
      case "freeze":
        if (machine !== undefined) machine.isFrozen = true;
        return;
      case "mute":
        if (machine !== undefined) machine.isMute = true;
        return;
      case "cut":
        if (machine !== undefined) machine.isCut = true;
        return;
      case "mend":
        if (machine !== undefined) mend(machine);
    }
  };

  /** Nothing is in the way any more. */
  const heal = (): void => {
    for (const machine of live()) mend(machine);
    wait(10_000);
    // The only one that could decide at the level in force may have been killed.
    if (live().length === 0) {
      act({ do: "upgrade", at: 0 });
      wait(10_000);
    }
    broken.push(...twoSockets());
    for (const [machine, client] of halfOpen) if (machines[machine.name] === machine) ended(machine, client);
    wait(10_000);
  };

  /** The newest socket of a session wins, and any other is closed, half-open or not. */
  const twoSockets = (): ReadonlyArray<string> =>
    persons.flatMap(({ user, session }) => {
      const readers = live().filter((it) => {
        const mailbox = session === undefined ? undefined : Table.get(it.loop.state().local.mailboxes, session);
        return mailbox !== undefined && O.isSome(mailbox.client);
      });
      return readers.length > 1 ? [`${user} has two sockets`] : [];
    });

  const unlike = (): ReadonlyArray<string> => {
    const wrong: string[] = [];
    const [first] = live();
    if (first === undefined) return ["no node is left"];
    for (const machine of live()) {
      const state = machine.loop.state();
      const { shared, local } = state;
      wrong.push(...invariants(state));
      const { node, cluster, isAvailable } = local.ordering;
      if (!isAvailable) wrong.push(`node ${machine.name} is not available`);
      if (O.isNone(node) || node.value !== machine.id) wrong.push(`node ${machine.name} is another one`);
      if (machine.cursor !== log.length) wrong.push(`node ${machine.name} is behind`);
      for (const client of machine.gone)
        if (Table.has(local.clients, client))
          wrong.push(`client ${client} is gone, and node ${machine.name} has it still`);
      const inForce = Math.min(...live().map(({ version }) => version));
      if (shared.level !== inForce) wrong.push(`level ${shared.level} is in force, and not ${inForce}`);
      if (shared.nodes.size !== live().length) wrong.push(`${shared.nodes.size} nodes are known`);
      const firstCluster = first.loop.state().local.ordering.cluster;
      if (O.isSome(cluster) && O.isSome(firstCluster) && cluster.value.digest !== firstCluster.value.digest)
        wrong.push(`node ${machine.name} has another digest`);
      if (O.isSome(cluster) && cluster.value.asked.size > 0) wrong.push(`node ${machine.name} still asks`);
    }
    for (const { user, node, session, answers, asked } of persons) {
      const known = session === undefined ? undefined : Table.get(first.loop.state().shared.sessions, session);
      if (node !== undefined && known !== undefined) {
        if (O.isSome(known.awayUntil)) wrong.push(`${user} is connected and away`);
        if (!O.isSome(known.node) || known.node.value !== node.id) wrong.push(`${user} is thought to be elsewhere`);
      }
      if (node === undefined && known !== undefined) wrong.push(`${user} is a ghost`);
      const isUnanswered = (key: string): boolean => answers.get(key)?.size === 0;
      if (node !== undefined && asked.some(isUnanswered)) wrong.push(`${user} was not answered`);
      if ([...answers.values()].some(({ size }) => size > 1)) wrong.push(`${user} was answered twice`);
    }
    return wrong;
  };

  return { start, act, wait, heal, unlike, broken, disagreed, persons, machines, log, flow, now: () => now };
};
