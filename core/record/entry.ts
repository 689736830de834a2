import * as t from "io-ts";
import * as Id from "../base/id.js";
import type { Entry, Requester } from "../entry.js";
import type { RoomRequest } from "../event.js";
import type { Identity, Member, Participant } from "../state.js";
import type { WrittenShared } from "../written.js";
import {
  aboutUser,
  at,
  byKind,
  client,
  count,
  dialect,
  frame,
  framed,
  keysOf,
  name,
  node,
  numbers,
  option,
  order,
  policy,
  role,
  room,
  roomId,
  seq,
  session,
  settings,
  token,
  userId,
  withText,
} from "./fields.js";

/** What clients ask of the shared half. */
export const requests: {
  readonly [K in RoomRequest["kind"]]: t.Type<Extract<RoomRequest, { kind: K }>, unknown, unknown>;
} = {
  CreateRequested: t.exact(
    t.intersection([
      t.type({ kind: t.literal("CreateRequested"), at, client, room }),
      t.partial({ policy, ...numbers }),
    ]),
  ),
  JoinRequested: t.exact(
    t.intersection([
      t.type({ kind: t.literal("JoinRequested"), at, client, roomId, userId, userName: name, text: t.string }),
      t.partial({ create: t.strict({ room, policy }), ...framed }),
    ]),
  ),
  LeaveRequested: withText({ kind: t.literal("LeaveRequested"), at, client, roomId, userId }),
  CloseRequested: frame({ kind: t.literal("CloseRequested"), ...order }),
  WithdrawRequested: frame({ kind: t.literal("WithdrawRequested"), ...aboutUser }),
  AdmitRequested: frame({ kind: t.literal("AdmitRequested"), ...aboutUser }),
  DenyRequested: frame({ kind: t.literal("DenyRequested"), ...aboutUser, forMs: count }),
  LockRequested: frame({ kind: t.literal("LockRequested"), ...order, isLocked: t.boolean }),
  RemoveRequested: frame({ kind: t.literal("RemoveRequested"), ...aboutUser, banMs: count }),
  UnbanRequested: frame({ kind: t.literal("UnbanRequested"), ...aboutUser }),
  RoleRequested: frame({ kind: t.literal("RoleRequested"), ...aboutUser, role }),
};

const member: t.Type<Member, unknown, unknown> = t.strict({ user: userId, name });
const identity: t.Type<Identity, unknown, unknown> = t.strict({
  claimed: t.readonlyArray(userId),
  verified: option(userId),
});
const requester: t.Type<Requester, unknown, unknown> = t.strict({
  client,
  node: option(node),
  dialect,
  session,
  generation: count,
  identity,
  member: option(member),
  token: option(token),
});
const ofSession = { at, session, generation: count };
export const entry: t.Type<Entry, unknown, unknown> = byKind<Entry>({
  Request: t.strict({ kind: t.literal("Request"), at, request: byKind<RoomRequest>(requests), by: requester }),
  ResumeSession: t.strict({
    kind: t.literal("ResumeSession"),
    ...ofSession,
    user: userId,
    by: t.strict({ client, node: option(node), session, id: count, seen: count }),
  }),
  AcknowledgeSession: t.strict({ kind: t.literal("AcknowledgeSession"), ...ofSession }),
  LoseSession: t.strict({ kind: t.literal("LoseSession"), ...ofSession }),
  EndSession: t.exact(
    t.intersection([
      t.type({ kind: t.literal("EndSession"), ...ofSession }),
      t.partial({ goodbye: t.strict({ client, id: count }) }),
    ]),
  ),
  Expire: t.strict({ kind: t.literal("Expire"), at }),
  StartNode: t.exact(
    t.intersection([
      t.type({ kind: t.literal("StartNode"), at, node, settings, joins: t.boolean }),
      t.partial({ level: count }),
    ]),
  ),
  RenewNode: t.exact(
    t.intersection([
      t.type({ kind: t.literal("RenewNode"), at, node, clients: count }),
      t.partial({ mark: t.strict({ seq: count, digest: count }) }),
    ]),
  ),
  SuspectNode: t.strict({ kind: t.literal("SuspectNode"), at, node, renewedAt: at }),
  StopNode: t.strict({ kind: t.literal("StopNode"), at, node }),
});

const barReasons = ["denied", "removed", "banned"] as const;
const dueAt = option(at);
const participant: t.Type<Participant, unknown, unknown> = t.exact(
  t.intersection([t.type({ id: userId, name, seq }), t.partial({ isHostByToken: t.literal(true) })]),
);
const pairs = <K, V>(
  key: t.Type<K, unknown, unknown>,
  value: t.Type<V, unknown, unknown>,
): t.Type<ReadonlyArray<readonly [K, V]>, unknown, unknown> => t.readonlyArray(t.readonly(t.tuple([key, value])));

const writtenNode: t.Type<WrittenShared["nodes"][number], unknown, unknown> = t.exact(
  t.intersection([t.type({ id: node, renewedAt: at, clients: count }), t.partial({ startedAt: at, level: count })]),
);

/** The shared half, as a log keeps it. */
export const writtenShared: t.Type<WrittenShared, unknown, unknown> = t.exact(
  t.intersection([
    t.type({
      settings,
      nextSeq: seq,
      sessions: t.readonlyArray(
        t.strict({
          id: session,
          generation: count,
          seats: t.readonlyArray(Id.anySeat),
          created: t.readonlyArray(roomId),
          knocks: t.readonlyArray(roomId),
          member: option(member),
          isTicketDue: t.boolean,
          awayUntil: dueAt,
          node: option(node),
        }),
      ),
      holds: t.readonlyArray(t.readonlyArray(seq)),
      rooms: t.readonlyArray(
        t.strict({
          id: roomId,
          seq,
          name,
          description: name,
          host: option(name),
          hostId: option(userId),
          createdAt: at,
          policy: option(policy),
          participants: t.readonlyArray(participant),
        }),
      ),
      doors: t.readonlyArray(
        t.strict({
          room: roomId,
          version: count,
          isLocked: t.boolean,
          cohosts: t.readonlyArray(userId),
          knocks: t.readonlyArray(t.strict({ id: userId, name, seq, session, isAdmitted: t.boolean, until: at })),
          barred: pairs(userId, t.strict({ reason: keysOf(barReasons), until: at })),
          hostAwaitedUntil: dueAt,
        }),
      ),
      nodes: t.readonlyArray(writtenNode),
    }),
    t.partial({ level: count }),
  ]),
);
