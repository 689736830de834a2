import * as E from "fp-ts/lib/Either.js";
import { guest } from "../../adapters/auth/greet.js";
import type { Tickets } from "../../adapters/auth/tickets.js";
import { type Inbox, intake } from "../../adapters/sockets/intake.js";
import { type Sending, sending, type Waiting } from "../../adapters/sockets/sending.js";
import {
  type ClientId,
  closeCodes,
  type Decoder,
  type Dialect,
  type Event,
  type Limits,
  type Member,
  type Millis,
  type SessionId,
} from "../../core/index.js";
import type { Link } from "./link.js";
import type { Schedule } from "./schedule.js";

export interface PeerPorts {
  readonly schedule: Schedule;
  readonly now: () => Millis;
  readonly limits: Limits;
  readonly outboxBytesMax: number;
  readonly outboxBytesInAll: number;
  readonly tickets: Tickets;
  readonly newId: () => string;
  readonly dispatch: (event: Event) => void;
  readonly caughtUp: (client: ClientId) => void;
  readonly fail: (sentence: string) => void;
  /** The client will be sent nothing more. */
  readonly ended: (client: ClientId) => void;
}

interface Peer {
  readonly link: Link;
  readonly dialect: Dialect;
  readonly decoder: Decoder;
  readonly inbox: Inbox;
  readonly sending: Sending;
  greeted: { readonly member: Member | undefined } | undefined;
  isHelloDue: boolean;
  isClosing: boolean;
  bytesSeen: number;
  silentSweeps: number;
  stalledSweeps: number;
  progressSeen: number;
  bytesTaken: number;
  /** Sweeps in which it was held although nothing waited for it. */
  heldSweeps: number;
}

const sweepMs = 1_000;
const pingAfterMs = 5_000;
const cutAfterMs = 8_000;
const stalledMs = 25_000;
const closeMs = 5_000;
const helloMs = 5_000;

/** The sockets of one server: what `adapters/sockets/ws.ts` is around `ws`, with the same intake and the same sending. */
export const peers = (ports: PeerPorts) => {
  const { schedule, now, dispatch } = ports;
  const all = new Map<ClientId, Peer>();
  const taken = intake(schedule);
  const waiting: Waiting = { bytes: 0, bytesMax: ports.outboxBytesInAll };
  let lastId = 0;

  const open = (client: ClientId): Peer | undefined => {
    const peer = all.get(client);
    return peer?.isClosing === false ? peer : undefined;
  };

  const cut = (client: ClientId, peer: Peer): void => {
    peer.isClosing = true;
    ports.ended(client);
    peer.link.terminate();
  };

  const carryOut = (client: ClientId, peer: Peer, text: string | undefined): void => {
    if (peer.isHelloDue) return greet(client, peer, text);
    const { member } = peer.greeted ?? {};
    const arrival = { at: now(), client, ...(member === undefined ? {} : { member }) };
    const event = text === undefined ? peer.decoder.binary(arrival) : peer.decoder.text(arrival, text);
    if (event.kind !== "TokenShown") return dispatch(event);
    const { token: _, ...frame } = event;
    dispatch({ ...frame, kind: "FrameRefused", refusal: { code: "token-invalid", message: "no tokens here" } });
  };

  const greet = (client: ClientId, peer: Peer, text: string | undefined): void => {
    peer.isHelloDue = false;
    const hello = peer.decoder.hello?.(text ?? "");
    if (hello === undefined || E.isLeft(hello)) return close(client, closeCodes.helloExpected, "no hello");
    const { session, greeting } = guest(hello.right, ports.tickets, ports.newId);
    peer.greeted = { member: { user: greeting.user, name: greeting.name } };
    const { name: dialect } = peer.dialect;
    const who = { client, session, dialect, verified: greeting.user, greeting };
    dispatch({ kind: "ClientConnected", at: now(), ...who, address: "192.0.2.2" });
  };

  const close = (client: ClientId, code: number, reason: string): void => {
    const peer = open(client);
    if (peer === undefined) return;
    peer.isClosing = true;
    ports.ended(client);
    peer.sending.afterAll(() => peer.link.close(code, reason));
    schedule.later(() => {
      if (all.get(client) === peer) peer.link.terminate();
    }, closeMs);
  };

  const closed = (client: ClientId, peer: Peer, code: number): void => {
    if (all.get(client) !== peer) return;
    all.delete(client);
    peer.inbox.close();
    ports.ended(client);
    ports.caughtUp(client);
    if (peer.greeted !== undefined) dispatch({ kind: "ClientDisconnected", at: now(), client, code });
  };

  const holdHolds = (client: ClientId, peer: Peer): void => {
    peer.heldSweeps = peer.inbox.isHeld() && !peer.sending.isBehind() ? peer.heldSweeps + 1 : 0;
    if (peer.heldSweeps > 2) ports.fail(`client ${client} is held, and nothing waits for it`);
  };

  const isSilent = (peer: Peer): boolean => {
    const { sending: out, link } = peer;
    const progress = out.progress();
    peer.stalledSweeps = out.isBehind() && progress === peer.progressSeen ? peer.stalledSweeps + 1 : 0;
    const isAlive = link.bytesHeard() !== peer.bytesSeen || progress !== peer.progressSeen || peer.inbox.isHeld();
    peer.progressSeen = progress;
    peer.bytesSeen = link.bytesHeard();
    peer.silentSweeps = isAlive ? 0 : peer.silentSweeps + 1;
    if (peer.silentSweeps * sweepMs === pingAfterMs) link.ping();
    return peer.silentSweeps * sweepMs >= cutAfterMs || peer.stalledSweeps * sweepMs >= stalledMs;
  };

  return {
    accept: (link: Link, dialect: Dialect): void => {
      lastId += 1;
      const client = lastId as ClientId;
      let isPaused = false;
      const unread: Array<string | undefined> = [];
      const hear = (text: string | undefined): void => {
        if (all.get(client) !== peer || peer.isClosing) return;
        if (!peer.inbox.hear({ data: Buffer.from(text ?? ""), isBinary: text === undefined })) cut(client, peer);
      };
      const readOn = (): void => {
        while (unread.length > 0 && !isPaused) hear(unread.shift());
      };
      const peer: Peer = {
        link,
        dialect,
        decoder: dialect.decoder(ports.limits),
        inbox: taken.open({
          carryOut: ({ data, isBinary }) => carryOut(client, peer, isBinary ? undefined : data.toString()),
          pause: () => {
            isPaused = true;
          },
          resume: () => {
            isPaused = false;
            schedule.later(readOn, 0);
          },
        }),
        sending: sending(link.socket, ports.outboxBytesMax, waiting, () => {
          ports.caughtUp(client);
          peer.inbox.letGo("behind");
        }),
        greeted: undefined,
        isHelloDue: dialect.beginsWithHello,
        isClosing: false,
        bytesSeen: 0,
        silentSweeps: 0,
        stalledSweeps: 0,
        progressSeen: 0,
        bytesTaken: 0,
        heldSweeps: 0,
      };
      all.set(client, peer);
      link.attach({
        hear: (text) => {
          if (isPaused || unread.length > 0) unread.push(text);
          else hear(text);
        },
        hearControl: () => {},
        closed: (code) => closed(client, peer, code),
      });
      if (dialect.beginsWithHello) {
        schedule.later(() => {
          if (peer.isHelloDue) close(client, closeCodes.helloLate, "no hello");
        }, helloMs);
        return;
      }
      peer.greeted = { member: undefined };
      const session = ports.newId() as SessionId;
      const at = now();
      dispatch({ kind: "ClientConnected", at, client, session, dialect: dialect.name, address: "192.0.2.1" });
    },
    sweep: (): void => {
      for (const [client, peer] of all) {
        holdHolds(client, peer);
        if (isSilent(peer)) cut(client, peer);
      }
    },
    sweepMs,
    dialectOf: (client: ClientId) => all.get(client)?.dialect,
    isOpen: (client: ClientId): boolean => open(client) !== undefined,
    isBehind: (client: ClientId): boolean => all.get(client)?.sending.isBehind() === true,
    fits: (client: ClientId, bytes: number): boolean => {
      const peer = open(client);
      if (peer === undefined || peer.sending.fits(bytes)) return peer !== undefined;
      cut(client, peer);
      return false;
    },
    /** Whether the bytes were taken. */
    write: (client: ClientId, bytes: Buffer, stateBytes: number): boolean => {
      const peer = open(client);
      if (peer === undefined) return false;
      if (!peer.sending.send(bytes, stateBytes)) {
        cut(client, peer);
        return false;
      }
      peer.bytesTaken += bytes.length;
      if (peer.sending.waiting() > ports.outboxBytesMax / 2) {
        peer.inbox.hold("behind");
        taken.press();
      }
      return true;
    },
    waitingInAll: (): number => waiting.bytes,
    /** Bytes that were taken and have not gone out, by our own count. */
    waiting: (client: ClientId): number => {
      const peer = all.get(client);
      return peer === undefined ? 0 : Math.max(0, peer.bytesTaken - peer.link.bytesHanded());
    },
    close,
    endTurn: taken.endTurn,
    /** The process is gone, and with it its connections. */
    resetAll: (): void => {
      for (const { link } of all.values()) link.reset();
    },
  };
};
