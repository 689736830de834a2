import { messageOf } from "./open.js";
import { webhookHeaders } from "./sign.js";
import type { Outcome, Queued, Room, Store } from "./store.js";

export interface WebhookConfig {
  readonly url: string;
  /** As `isWebhookSecret` wants it. */
  readonly secret: string;
}

export interface DeliveryOptions extends WebhookConfig {
  readonly bodyOf: Store["bodyOf"];
  /** Takes what has become of each attempt. */
  readonly settled: (outcome: Outcome) => void;
  /** Takes the number of facts that will not be delivered, and the reason. */
  readonly dropped: (facts: number, why: string) => void;
  readonly answerMs: number;
  /** The pause after a first attempt that failed; each further one doubles it. */
  readonly pauseMs: number;
}

/** As `/health` shows it. */
export interface DeliveryStatus {
  /** `failing`: the latest attempt did, and what is to be delivered waits for the next one. */
  readonly state: "on" | "failing";
  readonly delivered: number;
  readonly waiting: number;
  /** What will not be delivered: it failed too often, or the queue was full. */
  readonly dropped: number;
  readonly error?: string;
}

export interface Delivery {
  readonly add: (queued: ReadonlyArray<Queued>) => void;
  readonly free: () => Room;
  /** Counts facts for which there was no room. */
  readonly refused: (facts: number) => void;
  readonly status: () => DeliveryStatus;
  /** Ends the attempts that are under way: they will be made again. */
  readonly stop: () => void;
}

export const queueMax: Room = { facts: 100_000, bytes: 67_108_864 };
/** Attempts that are under way at once. */
const attemptsAtOnceMax = 8;
/** With the pauses between them, a little more than five hours. */
const attemptsMax = 30;
const pauseMsMax = 900_000;

/** What waits for one room: its facts are delivered one by one. */
interface Lane {
  readonly room: string;
  /** Those before `next` are done. */
  readonly facts: Queued[];
  next: number;
  attempts: number;
}

/** Delivers facts in the order of each room, several rooms at once. A room whose fact fails waits; the others go on. */
export const deliveryOf = (options: DeliveryOptions): Delivery => {
  const lanes = new Map<string, Lane>();
  const ready = new Set<Lane>();
  const timers = new Set<NodeJS.Timeout>();
  const underWay = new Set<AbortController>();
  let isStopping = false;
  let [waiting, waitingBytes, delivered, dropped] = [0, 0, 0, 0];
  let error: string | undefined;

  const pump = (): void => {
    for (const lane of ready) {
      if (underWay.size >= attemptsAtOnceMax || isStopping) return;
      ready.delete(lane);
      void attempt(lane);
    }
  };

  const attempt = async (lane: Lane): Promise<void> => {
    const head = lane.facts[lane.next] as Queued;
    const abort = new AbortController();
    underWay.add(abort);
    const failure = await tryOnce(head.seq, options, abort);
    underWay.delete(abort);
    // Whether it has arrived is not known: the next run makes it again.
    if (isStopping) return;
    error = failure?.isPruned === true ? error : failure?.why;
    if (failure === undefined) delivered += 1;
    if (failure === undefined || failure.isPruned || lane.attempts + 1 >= attemptsMax) {
      if (failure !== undefined) drop(1, failure.why);
      next(lane, head);
    } else retry(lane, head);
    pump();
  };

  const next = (lane: Lane, done: Queued): void => {
    options.settled({ seq: done.seq, attempts: undefined });
    waiting -= 1;
    waitingBytes -= done.bytes;
    lane.next += 1;
    const head = lane.facts[lane.next];
    lane.attempts = head?.attempts ?? 0;
    if (head === undefined) lanes.delete(lane.room);
    else ready.add(lane);
    // What is done is let go of now and then: to shift each fact out would move all others.
    if (lane.next >= 1_000) lane.facts.splice(0, lane.next);
    lane.next %= 1_000;
  };

  const retry = (lane: Lane, head: Queued): void => {
    lane.attempts += 1;
    options.settled({ seq: head.seq, attempts: lane.attempts });
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        ready.add(lane);
        pump();
      },
      pauseAfter(lane.attempts, options.pauseMs),
    );
    timers.add(timer);
  };

  const drop = (facts: number, why: string): void => {
    dropped += facts;
    options.dropped(facts, why);
  };

  return {
    add: (queued) => {
      for (const fact of queued) {
        waiting += 1;
        waitingBytes += fact.bytes;
        const lane = lanes.get(fact.room);
        if (lane !== undefined) {
          lane.facts.push(fact);
          continue;
        }
        const fresh = { room: fact.room, facts: [fact], next: 0, attempts: fact.attempts };
        lanes.set(fact.room, fresh);
        ready.add(fresh);
      }
      // Not at once: who adds is in the middle of something with the disk.
      setImmediate(pump);
    },
    free: () => ({ facts: Math.max(0, queueMax.facts - waiting), bytes: Math.max(0, queueMax.bytes - waitingBytes) }),
    refused: (facts) => drop(facts, "the queue is full"),
    status: () => ({
      state: error === undefined ? "on" : "failing",
      delivered,
      waiting,
      dropped,
      ...(error === undefined ? {} : { error }),
    }),
    stop: () => {
      isStopping = true;
      for (const abort of underWay) abort.abort();
      for (const timer of timers) clearTimeout(timer);
    },
  };
};

/** Doubled each time up to a bound, and up to a half of it less, so that rooms do not come back together. */
export const pauseAfter = (attempts: number, pauseMs: number): number =>
  Math.min(pauseMsMax, pauseMs * 2 ** (attempts - 1)) * (1 - Math.random() / 2);

interface Failure {
  readonly why: string;
  /** The fact is no longer there. */
  readonly isPruned: boolean;
}

/** Undefined: the receiver has it. */
const tryOnce = async (seq: number, options: DeliveryOptions, abort: AbortController): Promise<Failure | undefined> => {
  let what: ReturnType<Store["bodyOf"]>;
  try {
    what = options.bodyOf(seq);
  } catch (error) {
    return { why: `the history cannot be read: ${messageOf(error)}`, isPruned: false };
  }
  if (what === undefined) return { why: "it waited for so long that the history has let go of it", isPruned: true };
  const why = await send(what, options, abort);
  return why === undefined ? undefined : { why, isPruned: false };
};

/** Undefined: the receiver has it. Otherwise what went wrong. */
const send = async (
  what: NonNullable<ReturnType<Store["bodyOf"]>>,
  { url, secret, answerMs }: DeliveryOptions,
  abort: AbortController,
): Promise<string | undefined> => {
  // Held here: a signal of AbortSignal.timeout() that only AbortSignal.any() refers to may be collected before its time, on Node 20.
  const late = setTimeout(() => abort.abort(new NoAnswer()), answerMs);
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: webhookHeaders(secret, { ...what, atS: Math.floor(Date.now() / 1_000) }),
      body: what.body,
      redirect: "manual",
      signal: abort.signal,
    });
    await answer.body?.cancel();
    return answer.ok ? undefined : `the receiver answers with ${answer.status}`;
  } catch (error) {
    return failureOf(error, answerMs);
  } finally {
    clearTimeout(late);
  }
};

class NoAnswer extends Error {}

/** What is wrong with the connection, without the address, which may be a secret. */
const failureOf = (error: unknown, answerMs: number): string => {
  if (error instanceof NoAnswer) return `the receiver does not answer within ${answerMs} ms`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return `the receiver cannot be reached: ${code === "" ? messageOf(cause) : code}`;
};
