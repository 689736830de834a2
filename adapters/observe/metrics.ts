import * as O from "fp-ts/lib/Option.js";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Effect, Event, State } from "../../core/index.js";
import { tally } from "./tally.js";

/** What metrics are read from when they are scraped. Nothing here may walk a large table. */
export interface Readings {
  readonly version: string;
  readonly state: () => State;
  /** What the sockets count. Every record has a fixed set of keys. */
  readonly sockets: {
    readonly receivedBytes: number;
    readonly sentBytes: number;
    readonly deliveries: number;
    readonly invalidTickets: number;
    readonly handshakes: Readonly<Record<string, number>>;
    readonly closes: Readonly<Record<string, number>>;
    readonly cutOffs: Readonly<Record<string, number>>;
    readonly refusals: Readonly<Record<string, number>>;
  };
  readonly clientsMax: number;
  readonly connections: () => number;
  readonly connectionsMax: number;
  /** Connections for which there was no place. */
  readonly connectionsDropped: () => number;
  /** Events that wait to be reduced. */
  readonly queued: () => number;
  readonly recording: () => { readonly state: string; readonly eventsWritten: number };
  readonly data: () => {
    readonly state: "off" | "on" | "failing";
    readonly entriesWritten: number;
    readonly entriesWaiting: number;
  };
  readonly history: () => {
    readonly state: string;
    readonly webhooks?: { readonly state: string; readonly waiting: number; readonly dropped: number };
  };
  /** False from the moment a drain begins. */
  readonly isReady: () => boolean;
}

/** What a turn of the loop did, and how long it took. */
export interface TurnTaken {
  /** Events that were waiting when it began. */
  readonly events: number;
  /** Spent in the core, in ms. */
  readonly reduceMs: number;
  /** Spent on encoding and writing what was collected, in ms. */
  readonly flushMs: number;
}

export interface Metrics {
  /** Counts an event and what came of it. */
  readonly observe: (event: Event, effects: ReadonlyArray<Effect>) => void;
  readonly turned: (turn: TurnTaken) => void;
  /** Counts a request to `/api/` that was refused, by the status of the answer. */
  readonly apiRefused: (status: 401 | 403 | 503) => void;
  /** Takes how late the event loop was, in seconds. */
  readonly delayed: (seconds: number) => void;
  /** In the text format of Prometheus. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
}

/**
 * The metrics of one server, in a registry of their own. Labels have values that stand in this program, and none that a client can
 * choose; so the number of series is the same from the start to the end.
 *
 * @param readings looked at when there is a scrape
 */
export const metrics = (readings: () => Readings): Metrics => {
  const registry = new Registry();
  const counts = tally();
  const refused = { 401: 0, 403: 0, 503: 0 };
  const make = makersFor(registry);
  const sockets = (): Readings["sockets"] => readings().sockets;

  make.gauge(
    "signalbox_clients",
    "Open WebSockets that have been let in.",
    () => readings().state().local.clients.size,
  );
  make.gauge("signalbox_clients_max", "CLIENTS_MAX.", () => readings().clientsMax);
  make.gauge("signalbox_connections", "Open TCP connections, those of the clients included.", () =>
    readings().connections(),
  );
  make.gauge("signalbox_connections_max", "TCP connections that may be open at once.", () => readings().connectionsMax);
  make.gauges("signalbox_sessions", "Sessions that hold or wait for something, by whether they have a socket.", {
    label: "state",
    read: () => {
      const away = counts.sessionsAway();
      return { here: readings().state().shared.sessions.size - away, away };
    },
  });
  make.gauge("signalbox_rooms", "Open rooms.", () => readings().state().shared.rooms.size);
  make.gauge("signalbox_participants", "Participants of all rooms.", counts.participants);
  make.gauge("signalbox_waiting", "Users that wait at a door.", counts.waiting);
  make.gauge("signalbox_nodes", "Nodes of the cluster, as this one knows them; 0 without a cluster.", () => {
    const { shared, local } = readings().state();
    return O.isSome(local.ordering.cluster) ? shared.nodes.size : 0;
  });
  make.gauge("signalbox_queue_events", "Events that wait to be reduced.", () => readings().queued());
  make.gauge("signalbox_ready", "1 while the server takes clients, 0 from the moment a drain begins.", () =>
    Number(readings().isReady()),
  );
  make.gauges("signalbox_recording_state", "1 for the state that the recording is in.", {
    label: "state",
    read: () => oneOf(["off", "on", "ended"], readings().recording().state),
  });
  make.gauges("signalbox_data_state", "1 for the state that DATA, or the log of the cluster, is in.", {
    label: "state",
    read: () => oneOf(["off", "on", "failing"], readings().data().state),
  });
  make.gauge(
    "signalbox_data_waiting",
    "Entries that wait for the disk, or for the log of the cluster.",
    () => readings().data().entriesWaiting,
  );
  make.gauges("signalbox_history_state", "1 for the state that the history is in.", {
    label: "state",
    read: () => oneOf(["off", "on", "failing"], readings().history().state),
  });
  make.gauges("signalbox_webhooks_state", "1 for the state that the webhooks are in.", {
    label: "state",
    read: () => oneOf(["off", "on", "failing"], readings().history().webhooks?.state ?? "off"),
  });
  make.gauge(
    "signalbox_webhooks_waiting",
    "Webhooks that are not delivered yet.",
    () => readings().history().webhooks?.waiting ?? 0,
  );

  make.counters("signalbox_messages_received_total", "Messages from clients.", {
    label: "kind",
    read: () => named(counts.received),
  });
  make.counters("signalbox_messages_sent_total", "Messages that the core ordered, each once, whoever it was for.", {
    label: "kind",
    read: () => named(counts.sent),
  });
  make.counter(
    "signalbox_deliveries_total",
    "Frames written: one for each client that a message went to.",
    () => sockets().deliveries,
  );
  make.counter("signalbox_received_bytes_total", "Payloads of the clients' messages.", () => sockets().receivedBytes);
  make.counter("signalbox_sent_bytes_total", "Frames that were written to clients.", () => sockets().sentBytes);
  make.counters("signalbox_signals_total", "Signals of signalbox.v1, by what became of them.", {
    label: "outcome",
    read: () => counts.signals,
  });
  make.counters("signalbox_refusals_total", "Requests and clients that were refused.", {
    label: "code",
    read: () => added(counts.refusals, sockets().refusals),
  });
  make.counters("signalbox_handshakes_total", "Handshakes, by the HTTP status of the answer.", {
    label: "status",
    read: () => sockets().handshakes,
  });
  make.counters("signalbox_api_refusals_total", "Requests to /api/ that were refused, by the status of the answer.", {
    label: "status",
    read: () => refused,
  });
  make.counters("signalbox_closes_total", "WebSockets that have closed, by close code.", {
    label: "code",
    read: () => sockets().closes,
  });
  make.counters("signalbox_cut_offs_total", "Clients that the server has cut off.", {
    label: "reason",
    read: () => sockets().cutOffs,
  });
  make.counters("signalbox_resumes_total", "Hellos with a ticket, by what came of it.", {
    label: "outcome",
    read: () => ({ ...counts.resumes, invalid: sockets().invalidTickets }),
  });
  make.counter("signalbox_connections_dropped_total", "TCP connections closed at once: all places were taken.", () =>
    readings().connectionsDropped(),
  );
  make.counter(
    "signalbox_recording_events_total",
    "Events of the recording that are on the disk.",
    () => readings().recording().eventsWritten,
  );
  make.counter(
    "signalbox_data_entries_total",
    "Entries of this run that are on the disk, or in the log of the cluster.",
    () => readings().data().entriesWritten,
  );
  make.counter(
    "signalbox_node_disagreements_total",
    "How often a node of the cluster was found to have made another state than this one.",
    counts.disagreements,
  );
  make.counter(
    "signalbox_webhooks_dropped_total",
    "Webhooks that will not be delivered.",
    () => readings().history().webhooks?.dropped ?? 0,
  );

  const [events, reduce, flush, delay] = [
    make.histogram("signalbox_turn_events", "Events that were waiting when a turn began.", eventBuckets),
    make.histogram("signalbox_reduce_seconds", "Time that a turn spent in the core.", workBuckets),
    make.histogram("signalbox_flush_seconds", "Time that a turn spent on encoding and writing.", workBuckets),
    make.histogram("signalbox_event_loop_delay_seconds", "How late the event loop was, over time.", delayBuckets),
  ];
  ofProcess(make, readings);

  return {
    observe: counts.observe,
    turned: (turn) => {
      events.observe(turn.events);
      reduce.observe(turn.reduceMs / 1_000);
      flush.observe(turn.flushMs / 1_000);
    },
    apiRefused: (status) => {
      refused[status] += 1;
    },
    delayed: (seconds) => delay.observe(seconds),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
};

const eventBuckets = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384];
const workBuckets = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const delayBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const ofProcess = (make: ReturnType<typeof makersFor>, readings: () => Readings): void => {
  make.gauges("signalbox_build_info", "1; the labels say what is running.", {
    label: "version",
    more: { node: process.version },
    read: () => ({ [readings().version]: 1 }),
  });
  make.counter("process_cpu_seconds_total", "Time on the CPU, the kernel's part included.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  });
  make.gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.", process.memoryUsage.rss);
  make.gauge("process_start_time_seconds", "When the process was started, since 1970.", () =>
    Math.round(performance.timeOrigin / 1_000),
  );
  make.gauge("nodejs_heap_size_used_bytes", "Heap that is in use.", () => process.memoryUsage().heapUsed);
};

interface Labelled {
  readonly label: string;
  /** Labels that are the same for all. */
  readonly more?: Readonly<Record<string, string>>;
  /** By value of the label. */
  readonly read: () => Readonly<Record<string, number>>;
}

/** Makers of metrics that are read when they are scraped; only histograms take what they are told. */
const makersFor = (registry: Registry) => {
  const registers = [registry];
  return {
    gauge: (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    gauges: (name: string, help: string, { label, more = {}, read }: Labelled): void => {
      new Gauge({
        name,
        help,
        registers,
        labelNames: [label, ...Object.keys(more)],
        collect() {
          for (const [value, n] of Object.entries(read())) this.set({ ...more, [label]: value }, n);
        },
      });
    },
    counter: (name: string, help: string, read: () => number): void => {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    },
    counters: (name: string, help: string, { label, read }: Labelled): void => {
      new Counter({
        name,
        help,
        registers,
        labelNames: [label],
        collect() {
          this.reset();
          for (const [value, n] of Object.entries(read())) this.inc({ [label]: value }, n);
        },
      });
    },
    histogram: (name: string, help: string, buckets: number[]) => new Histogram({ name, help, buckets, registers }),
  };
};

/** `SubscribeRequested` is `subscribe`, and `RoomList` is `room-list`. */
const named = (counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(counts).map(([kind, n]) => [labelOf(kind), n]));

const labelOf = (kind: string): string =>
  kind
    .replace(/(?:Requested|Received)$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, "-")
    .toLowerCase();

/** 1 for the state that it is, and 0 for the others. */
const oneOf = (states: ReadonlyArray<string>, state: string): Readonly<Record<string, number>> =>
  Object.fromEntries(states.map((one) => [one, Number(one === state)]));

const added = (
  counts: Readonly<Record<string, number>>,
  more: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(counts).map(([key, n]) => [key, n + (more[key] ?? 0)]));
