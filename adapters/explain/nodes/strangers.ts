import * as O from "fp-ts/lib/Option.js";
import type { ClientId, DialectName, Entry, Moment, NodeId, Recorded, SessionId } from "../../../core/index.js";
import { socketAt } from "./sockets.js";

type Appended = Extract<Recorded, { readonly kind: "Appended" }>;
type Forwarded = Extract<Recorded, { readonly kind: "Forwarded" }>;

/** Who has asked for something, as its entry tells it. */
interface Asker {
  readonly client: number;
  readonly session: SessionId;
  readonly dialect: DialectName;
  readonly user?: Member;
  readonly isResumed?: boolean;
}

type Member = { readonly id: string; readonly name: string };

/** The clients of nodes that have no recording here, as far as the log and other nodes tell of them. */
export const strangers = (numberOf: (node: NodeId) => number) => {
  const sockets = new Map<ClientId, { readonly node: NodeId; readonly session: SessionId; user: string | undefined }>();

  const connected = (node: NodeId, asker: Asker, moment: Moment<Recorded>): ReadonlyArray<Moment<Recorded>> => {
    const client = socketAt(numberOf(node), asker.client);
    if (sockets.has(client)) return [];
    const { session, dialect, user } = asker;
    sockets.set(client, { node, session, user: user?.id });
    const at = { at: moment.event.at, client, session, dialect, address: "" };
    if (user === undefined) return [{ ...moment, event: { kind: "ClientConnected", ...at }, effects: [] }];
    const greeting = { id: 0, user: user.id as never, name: user.name, seen: 0 };
    const { isResumed = false } = asker;
    const message = { kind: "Welcome", id: 0, session, generation: 0, ...named(user), isResumed, heard: 0 } as const;
    return [
      {
        ...moment,
        event: { kind: "ClientConnected", ...at, greeting },
        effects: [{ kind: "Send", to: { kind: "Client", client }, message }],
      },
    ];
  };

  const disconnected = (moment: Moment<Recorded>, isIt: (socket: { node: NodeId; session: SessionId }) => boolean) =>
    [...sockets].flatMap(([client, socket]): ReadonlyArray<Moment<Recorded>> => {
      if (!isIt(socket)) return [];
      sockets.delete(client);
      const { at } = moment.event;
      return [{ ...moment, event: { kind: "ClientDisconnected", at, client, code: 1005 }, effects: [] }];
    });

  return {
    /** An entry of such a node, as the request that it is; and what that tells of its client. */
    entry: ({ node, entry }: Appended, moment: Moment<Recorded>): ReadonlyArray<Moment<Recorded>> => {
      const isAccepted = moment.effects.some(({ kind }) => kind === "Report");
      const asker = isAccepted ? askerOf(entry) : undefined;
      const known = asker === undefined ? [] : connected(node, asker, moment);
      if (entry.kind === "Request" && isAccepted) {
        const client = socketAt(numberOf(node), entry.request.client);
        const { request } = entry;
        const socket = sockets.get(client);
        if (request.kind === "JoinRequested" && socket !== undefined) socket.user ??= request.userId;
        return [...known, { ...moment, event: { ...request, client, at: moment.event.at } }];
      }
      if (entry.kind === "LoseSession" || entry.kind === "EndSession")
        return [moment, ...disconnected(moment, (one) => one.node === node && one.session === entry.session)];
      return [...known, moment];
    },
    /** A node that is gone has no clients any more. */
    gone: (node: NodeId, moment: Moment<Recorded>) => disconnected(moment, (one) => one.node === node),
    /** What one of their clients has sent to a node at hand, as if it had been sent there. */
    sent: ({ from, by, request }: Forwarded, moment: Moment<Recorded>): ReadonlyArray<Moment<Recorded>> => {
      const { session, dialect, user } = by;
      const asker = { client: request.client, session, dialect };
      const member = user === undefined ? {} : { user: { id: user, name: user } };
      const client = socketAt(numberOf(from), request.client);
      return [
        ...connected(from, { ...asker, ...member }, moment),
        { ...moment, event: { ...request, client, at: moment.event.at } },
      ];
    },
    /** The client of a user there that has come last. */
    clientOf: (node: NodeId, user: string): ClientId | undefined =>
      [...sockets].findLast(([, one]) => one.node === node && one.user === user)?.[0],
  };
};

const named = ({ id, name }: Member) => ({ user: id as never, name });

const askerOf = (entry: Entry): Asker | undefined => {
  if (entry.kind === "ResumeSession") {
    const { by, session, user } = entry;
    // Of the protocol that has sessions to resume; its name matters to nobody here.
    return { client: by.client, session, dialect: "" as DialectName, user: { id: user, name: user }, isResumed: true };
  }
  if (entry.kind !== "Request") return undefined;
  const { client, session, dialect, member } = entry.by;
  const user = O.isSome(member) ? { user: { id: member.value.user, name: member.value.name } } : {};
  return { client, session, dialect, ...user };
};
