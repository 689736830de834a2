import * as O from "fp-ts/lib/Option.js";
import type { Millis } from "../base/id.js";
import * as Id from "../base/id.js";
import * as Table from "../base/table.js";
import type { Effect } from "../effect.js";
import type { Requester } from "../entry.js";
import type { IceServersRequested, RoomRequest, RosterRequested } from "../event.js";
import type { Fact } from "../fact.js";
import * as Mailbox from "../local/mailbox.js";
import { requesterOf } from "../local/order.js";
import type { Answered, PersonalMessage, ServerMessage } from "../message.js";
import { isHolder, refusedByToken, rolesIn } from "../shared/permissions.js";
import type { Client, State } from "../state.js";
import { reply, report, type Step } from "../step.js";

/** What the facts of a request mean for the client that asked, and the report of each to the adapters. */
export const answer = (request: RoomRequest, by: Requester, facts: ReadonlyArray<Fact>): Step =>
  request.id === undefined ? answerWithState(by, facts) : answerByNumber(request, request.id, by, facts);

/** In a dialect without numbers, the state that follows is the answer. */
const answerWithState =
  ({ client }: Requester, facts: ReadonlyArray<Fact>): Step =>
  (state) => {
    const effects: Effect[] = [];
    for (const fact of facts) {
      const message = messageOf(fact, state.now);
      if (message !== undefined) effects.push(reply(client, message));
      effects.push(report(fact));
    }
    return [state, effects];
  };

const messageOf = (fact: Fact, at: Millis): ServerMessage | undefined => {
  switch (fact.kind) {
    case "RequestRefused":
      return { kind: "Error", at, refusal: fact.refusal };
    case "NothingToDo":
    case "ParticipantHeld":
    case "ParticipantReleased":
      return { kind: "RoomList", at };
    case "KnockMade":
      return {
        kind: "Error",
        at,
        refusal: {
          code: "waiting",
          request: "JoinRequested",
          message: `${fact.user} waits at room ${fact.room} until somebody admits them`,
        },
      };
    default:
      return undefined;
  }
};

const answerByNumber =
  (request: RoomRequest, id: number, by: Requester, facts: ReadonlyArray<Fact>): Step =>
  (state) => {
    const refused = facts.find((fact) => fact.kind === "RequestRefused");
    const told =
      refused === undefined
        ? Mailbox.answer(by, id, answered(state, request, by))
        : Mailbox.tellRefusal(by, id, refused.refusal);
    const [next, effects] = told(state);
    return [next, [...effects, ...facts.map(report)]];
  };

const answered = (state: State, request: RoomRequest, by: Requester): Answered => {
  switch (request.kind) {
    case "CreateRequested":
      return roomFor(state, request.room.id, by);
    case "JoinRequested":
      return roomFor(state, request.roomId, by);
    default:
      return {};
  }
};

/** The room, or that its door is still shut for them. */
const roomFor = (state: State, id: Id.RoomId, by: Requester): Answered => {
  const room = Table.get(state.shared.rooms, id);
  if (room === undefined) return {};
  const roles = rolesIn(state.shared, room, by);
  if (roles.length > 0 || isIn(state, id, by)) return { room: id, ...(roles.length > 0 ? { isDoorShown: true } : {}) };
  const isWaiting = Table.get(state.shared.sessions, by.session)?.knocks.includes(id) === true;
  return isWaiting ? { waiting: id } : {};
};

/** An answer that is sent again shows a room as it is now, and nothing of it to who is not in it any more. */
export const answerNow = (state: State, me: Client, message: PersonalMessage): PersonalMessage => {
  if (message.kind !== "Result") return message;
  const { room, waiting = room, isDoorShown: _, ...others } = message;
  return waiting === undefined ? message : { ...others, ...roomFor(state, waiting, requesterOf(state, me)) };
};

/** Whether the client's own user is in the room, by its session. */
export const isIn = (
  { shared }: State,
  room: Id.RoomId,
  { session, member }: Pick<Client, "session" | "member">,
): boolean => O.isSome(member) && isHolder(shared, Id.seat(room, member.value.user), { session });

/** The room as it is, for those who are in it. Refused: `not-in-room`. */
export const roster =
  ({ roomId, id = 0 }: RosterRequested) =>
  (me: Client): Step =>
  (state) => {
    if (!isIn(state, roomId, me)) return Mailbox.refuse(me, id, notInRoom(roomId))(state);
    return Mailbox.answer(me, id, roomFor(state, roomId, requesterOf(state, me)))(state);
  };

/** Their credentials are made by the adapter when the answer leaves. Refused: `token-expired`. */
export const iceServers =
  (request: IceServersRequested) =>
  (me: Client): Step =>
  (state) => {
    const { id = 0 } = request;
    const refusal = refusedByToken(me.token, request, state.now);
    if (O.isSome(refusal)) return Mailbox.refuse(me, id, refusal.value)(state);
    return O.isNone(me.member) ? [state, []] : Mailbox.answer(me, id, { iceServersFor: me.member.value.user })(state);
  };

export const notInRoom = (room: Id.RoomId) =>
  ({ code: "not-in-room", message: `this session is not in room ${room}: join it first` }) as const;

/** The report of facts that no client asked for. */
export const reportAll =
  (facts: ReadonlyArray<Fact>): Step =>
  (state) => [state, facts.map(report)];
