import fc from "fast-check";
import * as O from "fp-ts/lib/Option.js";
import { expect, test } from "vitest";
import * as Table from "../../core/base/table.js";
import {
  type Event,
  initial,
  type Millis,
  type Moment,
  reduce,
  type SessionId,
  type Settings,
  type State,
} from "../../core/index.js";
import { type KnownClient, KnownClients } from "../support/v1-client.js";
import {
  anyMessage,
  anyMixedSettings,
  anyPolicy,
  anyRequest,
  anySignal,
  asked,
  greeted,
  type Place,
  people,
  places,
  roomAt,
} from "../support/v1-world.js";

/** What a place says, and whether its socket was lost on the way there. */
interface Line {
  readonly place: Place;
  readonly request: Parameters<typeof asked>[1];
  readonly aim: number | undefined;
  readonly elapsed: number;
  readonly isAcknowledging: boolean;
  /** So many lines of others before, with so many frames that had been sent and did not arrive. */
  readonly drop: { readonly back: number; readonly lost: number } | undefined;
}

const anyLine: fc.Arbitrary<Line> = fc.record({
  place: fc.constantFrom(...places),
  request: fc
    .oneof(anyRequest, anySignal, anyMessage)
    .filter(({ kind }) => kind !== "ByeReceived" && kind !== "AckReceived"),
  aim: fc.option(fc.nat(3), { nil: undefined, freq: 8 }),
  elapsed: fc.nat(100),
  isAcknowledging: fc.boolean(),
  drop: fc.option(fc.record({ back: fc.nat(5), lost: fc.nat(3) }), { nil: undefined, freq: 3 }),
});

/** Everybody comes to one room. */
const anyOpening: fc.Arbitrary<ReadonlyArray<Line>> = anyPolicy.map((policy) =>
  places.map((place) => ({
    place,
    request: {
      kind: "JoinRequested",
      roomId: roomAt(0),
      create: { room: { id: roomAt(0), name: "r" }, policy },
      text: "",
    },
    aim: undefined,
    elapsed: 0,
    isAcknowledging: false,
    drop: undefined,
  })),
);

/** Time enough for everybody to come back. */
const patient = anyMixedSettings.map((settings) => ({
  ...settings,
  sessionGraceMs: 1_000_000,
  limits: { ...settings.limits, messagesPerSecond: 0 },
}));

interface Seat {
  client: number;
  session: SessionId | undefined;
  /** What arrived. */
  received: KnownClient["numbered"];
  acknowledged: number;
  nextId: number;
  isTold: boolean;
}

/** A play with honest clients, with or without the drops. */
class Play {
  state: State = initial;
  readonly known = new KnownClients();
  readonly seats = {} as Record<Place, Seat>;
  /** Whether somebody who was away might have succeeded a host. */
  isPassedOver = false;
  private now = 1_000_000;
  private sockets = 10;

  constructor(settings: Settings, lines: ReadonlyArray<Line>, withDrops: boolean) {
    this.happens({ kind: "ServerStarted", at: 0 as Millis, settings });
    for (const place of places) {
      this.seats[place] = { client: 0, session: undefined, received: [], acknowledged: 0, nextId: 2, isTold: false };
      this.connects(place);
    }
    lines.forEach((line, i) => {
      this.now += line.elapsed;
      if (withDrops)
        for (const { place, drop } of lines.filter((_, j) => dropOf(lines, j) === i))
          this.drops(place, drop?.lost ?? 0);
      if (withDrops && line.drop !== undefined) this.connects(line.place);
      this.says(line);
    });
  }

  private happens(event: Event): void {
    const before = this.state;
    const [after, effects] = reduce(before, { ...event, at: this.now as Millis });
    this.state = after;
    const moment: Moment = { n: 0, event, before, after, effects };
    this.known.after(moment);
    for (const place of Object.keys(this.seats).map(Number) as ReadonlyArray<Place>) this.receives(this.seats[place]);
    const isAway = Table.values(before.shared.sessions).some(({ awayUntil }) => O.isSome(awayUntil));
    const isSucceeded = effects.some((effect) => effect.kind === "Report" && effect.fact.kind === "RoleChanged");
    if (isAway && isSucceeded && event.kind !== "RoleRequested") this.isPassedOver = true;
  }

  /** Each frame once, whatever is sent again. */
  private receives(seat: Seat): void {
    const me = this.known.clients.get(seat.client as never);
    const { n = 0 } = seat.received.at(-1) ?? {};
    for (const frame of me?.numbered ?? [])
      if (frame.n > n && !seat.received.includes(frame)) seat.received.push(frame);
  }

  private connects(place: Place): void {
    const seat = this.seats[place];
    const { session } = seat;
    const known = session && Table.get(this.state.shared.sessions, session);
    const seen = seat.received.at(-1)?.n ?? 0;
    this.sockets += 1;
    const resume = known && { session: known.id, generation: known.generation };
    const id = seat.nextId++;
    const greeting = { id, ...(resume === undefined ? {} : { resume, seen }) };
    this.happens(greeted(this.sockets as never, `s${this.sockets}`, people[place], greeting));
    seat.client = this.sockets;
    const welcome = this.known.clients.get(seat.client as never)?.welcome;
    if (session !== undefined && (welcome?.resumed !== true || welcome.gap !== undefined)) seat.isTold = true;
    // A new session counts from 1 again; what came before is put aside.
    if (welcome?.resumed !== true) seat.received = seat.received.map((frame) => ({ ...frame, n: 0 }));
    seat.acknowledged = welcome?.resumed === true ? seen : 0;
    seat.session = welcome?.session;
    this.receives(seat);
  }

  private drops(place: Place, lost: number): void {
    const seat = this.seats[place];
    for (let i = 0; i < lost && (seat.received.at(-1)?.n ?? 0) > seat.acknowledged; i++) seat.received.pop();
    const client = seat.client as never;
    seat.client = 0;
    this.happens({ kind: "ClientDisconnected", at: 0 as Millis, client, code: 1006 });
  }

  private says({ place, request, aim, isAcknowledging }: Line): void {
    const seat = this.seats[place];
    const seen = seat.received.at(-1)?.n ?? 0;
    if (isAcknowledging) seat.acknowledged = seen;
    this.happens({
      ...asked(this.state, request, place, aim),
      client: seat.client as never,
      id: seat.nextId++,
      ...(isAcknowledging ? { seen } : {}),
    });
  }
}

/** Before which line the socket goes that is back for this one: after the last line of the same place. */
const dropOf = (lines: ReadonlyArray<Line>, j: number): number | undefined => {
  const line = lines[j];
  if (line?.drop === undefined) return undefined;
  const earlier = lines.slice(0, j).findLastIndex(({ place }) => place === line.place);
  return Math.max(earlier + 1, j - line.drop.back);
};

const directed = ["signal", "message", "crossing", "left", "admitted", "denied"];

const directedTo = ({ received }: Seat): ReadonlyArray<string> =>
  received.filter(({ type }) => directed.includes(type)).map(({ n: _, ...frame }) => JSON.stringify(frame));

const isPartOf = (part: ReadonlyArray<string>, whole: ReadonlyArray<string>): boolean => {
  let at = 0;
  for (const one of whole) if (one === part[at]) at += 1;
  return at === part.length;
};

const rostersOf = ({ known, seats }: Play, place: Place): unknown =>
  [...(known.clients.get(seats[place].client as never)?.rooms ?? [])]
    .map(([id, { locked, participants }]) => ({
      id,
      locked,
      participants: participants.map(({ awayUntil: _, ...one }) => one),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

test("law: sockets that are lost and back within the grace change no roster, and no message: each comes once and in order, or its client is told of the gap", () => {
  fc.assert(
    fc.property(patient, anyOpening, fc.array(anyLine, { maxLength: 60, size: "max" }), (settings, opening, rest) => {
      const lines = [...opening, ...rest];
      // Everybody is here at the end.
      const whole = new Play(settings, lines, false);
      const dropped = new Play(settings, lines, true);
      fc.pre(!dropped.isPassedOver);
      for (const place of places) {
        expect(rostersOf(dropped, place), `place ${place}`).toEqual(rostersOf(whole, place));
        const [came, sent] = [directedTo(dropped.seats[place]), directedTo(whole.seats[place])];
        if (dropped.seats[place].isTold) expect(isPartOf(came, sent), `${came.join()} of ${sent.join()}`).toBe(true);
        else expect(came, `place ${place}`).toEqual(sent);
      }
    }),
    { numRuns: 100 },
  );
});
