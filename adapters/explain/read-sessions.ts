import type { Effect, Moment, Recorded } from "../../core/index.js";
import { noteSentAgain, type OpenRelay, signalsToUsers } from "./kept-signals.js";
import type { Barring, DoorStep, NodeChange, Position, Relay, RoomChange, SessionChange } from "./recording.js";

/** A session that can be resumed, as its client was welcomed to it. */
interface Welcomed {
  readonly session: string;
  readonly user: string;
  readonly name: string;
  readonly isResumed: boolean;
  readonly isGap: boolean;
}

/** The welcome that an event led to. */
export const welcomeIn = ({ effects }: Pick<Moment, "effects">): Welcomed | undefined => {
  for (const effect of effects) {
    if (effect.kind !== "Send" || effect.message.kind !== "Welcome") continue;
    const { session, user, name, isResumed, gap } = effect.message;
    return { session, user, name, isResumed, isGap: gap !== undefined };
  }
  return undefined;
};

/** Reads how sessions go away, come back and are lost, and what was kept for them. */
export const sessionReader = () => {
  const users = new Map<string, string>();
  const away = new Map<string, string>();
  const signals = signalsToUsers<OpenRelay>();
  let isStopping = false;
  const isAway = (user: string | undefined): boolean => [...away.values()].some((one) => one === user);
  return {
    /** A signal was accepted. It may be sent again, to another socket of its recipient. */
    noteSignal: (relay: Relay, text: string, room: string | undefined): Relay => {
      const { to, from, signalKind } = relay;
      if (to === undefined || signalKind === undefined) return relay;
      const open: OpenRelay = { ...relay };
      signals.sent(to, { room, from, signalKind, text, signal: open });
      return open;
    },
    isAway,
    changesIn: (moment: Moment<Recorded>, position: Position): ReadonlyArray<SessionChange> => {
      const { event, effects } = moment;
      // What goes away with the server is not away from it.
      if (event.kind === "ServerStopping") isStopping = true;
      if (isStopping) return [];
      const changes: SessionChange[] = [];
      const welcome = event.kind === "ClientConnected" ? welcomeIn(moment) : undefined;
      if (welcome !== undefined) users.set(welcome.session, welcome.user);
      if (event.kind === "ClientConnected" && welcome?.isResumed === true) {
        const { session, user, isGap } = welcome;
        for (const relay of signals.sentAgain(user, moment)) noteSentAgain(relay, position, event.client);
        changes.push({ kind: "back", ...position, session, user, client: event.client, isGap });
        away.delete(session);
      }
      for (const effect of effects) {
        if (effect.kind !== "Report") continue;
        const { fact } = effect;
        const user = "session" in fact ? users.get(fact.session) : undefined;
        if (user === undefined) continue;
        if (fact.kind === "SessionAway") {
          away.set(fact.session, user);
          changes.push({
            kind: "away",
            ...position,
            session: fact.session,
            user,
            until: fact.until,
            node: goneIn(effects),
          });
        }
        if (fact.kind === "SessionEnded" && away.delete(fact.session))
          changes.push({ kind: "lost", ...position, session: fact.session, user });
      }
      return changes;
    },
  };
};

/** The node that is gone with this moment. */
const goneIn = (effects: ReadonlyArray<Effect>): string | undefined => {
  for (const effect of effects)
    if (effect.kind === "Report" && effect.fact.kind === "NodeGone") return effect.fact.node;
  return undefined;
};

/** Nodes that begin to take part, or do so no more. */
export const nodeChangesIn = (
  { effects }: Pick<Moment<Recorded>, "effects">,
  position: Position,
): ReadonlyArray<NodeChange> =>
  effects.flatMap((effect): ReadonlyArray<NodeChange> => {
    if (effect.kind !== "Report") return [];
    const { fact } = effect;
    if (fact.kind === "NodeGone") return [{ kind: "node", ...position, node: fact.node, step: fact.reason }];
    return fact.kind === "NodeStarted" && fact.joins
      ? [{ kind: "node", ...position, node: fact.node, step: "started" }]
      : [];
  });

/** What happened at the doors of rooms, and who was barred. `by` is whose request it was. */
export const doorStepsIn = (
  { event, effects }: Pick<Moment<Recorded>, "event" | "effects">,
  position: Position,
  by: string | undefined,
): ReadonlyArray<DoorStep | Barring> =>
  effects.flatMap((effect): ReadonlyArray<DoorStep | Barring> => {
    if (effect.kind !== "Report") return [];
    const { fact } = effect;
    switch (fact.kind) {
      case "KnockMade": {
        const isHeard = effects.some((one) => one.kind === "Send" && one.message.kind === "Knocked");
        const { user, room } = fact;
        return [{ kind: "door", step: "knocked", ...position, user, room, by: undefined, isHeard }];
      }
      case "KnockAdmitted":
        return [{ kind: "door", step: "admitted", ...position, user: fact.user, room: fact.room, by, isHeard: true }];
      case "KnockEnded": {
        const { user, room, reason } = fact;
        if (reason === "joined") return [];
        const isDecided = event.kind === "DenyRequested" || event.kind === "RemoveRequested";
        return [{ kind: "door", step: reason, ...position, user, room, by: isDecided ? by : undefined, isHeard: true }];
      }
      case "UserBarred":
        return [{ kind: "bar", ...position, user: fact.user, room: fact.room, ...fact.bar, by }];
      default:
        return [];
    }
  });

/** Roles that changed, and rooms that were locked or lost their host. `by` is whose request it was, if it was one. */
export const roomChangesIn = (
  { event, effects }: Pick<Moment<Recorded>, "event" | "effects">,
  position: Position,
  by: string | undefined,
): ReadonlyArray<RoomChange> =>
  effects.flatMap((effect): ReadonlyArray<RoomChange> => {
    if (effect.kind !== "Report") return [];
    const { fact } = effect;
    switch (fact.kind) {
      case "RoleChanged": {
        const { user, room, role } = fact;
        return [{ kind: "role", ...position, user, room, role, by: event.kind === "RoleRequested" ? by : undefined }];
      }
      case "RoomLocked":
      case "RoomUnlocked": {
        const isLocked = fact.kind === "RoomLocked";
        const whose = event.kind === "LockRequested" ? by : undefined;
        return [{ kind: "lock", ...position, room: fact.room, isLocked, by: whose }];
      }
      case "HostAwaited":
        return [{ kind: "host-awaited", ...position, room: fact.room, until: fact.until, by: undefined }];
      case "HostReturned":
        return [{ kind: "host-returned", ...position, room: fact.room, by }];
      case "HostGivenUp":
        return [{ kind: "no-host", ...position, room: fact.room, by: undefined }];
      default:
        return [];
    }
  });
