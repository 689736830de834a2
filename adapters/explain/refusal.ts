import {
  type ClientId,
  type Refusal as CoreRefusal,
  channelNameOf,
  type Event,
  type Moment,
  type Recorded,
  type RefusalCode,
  refusedTypeOf,
  requestTypeOf,
} from "../../core/index.js";

/** A message that the server refused. */
export interface Refusal {
  readonly client: ClientId;
  readonly code: RefusalCode;
  /** The kind of the event that was refused. */
  readonly request: Event["kind"];
  /** The type of the message, as the client wrote it; undefined where it could not be read. */
  readonly type: string | undefined;
  /** The sender, if the message names one. */
  readonly user: string | undefined;
  /** The id of the room, or the name of the channel, that it was about. */
  readonly where: string | undefined;
  /** The bytes of the frame, where they are why it was refused, or may be. */
  readonly bytes: number | undefined;
  /** Of a signal: whom it was for, and the numbers of its negotiation and, where it is stale, of the latest. */
  readonly signal?: { readonly to: string; readonly negotiation: number; readonly latest?: number };
}

/** The refusal that an event came to, if it was refused. */
export const refusalIn = ({ event, effects }: Moment<Recorded>): Refusal | undefined => {
  for (const effect of effects) {
    if (effect.kind !== "Report" || effect.fact.kind !== "RequestRefused") continue;
    const { client, refusal } = effect.fact;
    const { code, negotiation: latest } = refusal;
    const signal =
      event.kind === "SignalRequested"
        ? { to: event.to, negotiation: event.negotiation, ...(latest === undefined ? {} : { latest }) }
        : undefined;
    const refused = {
      client,
      code,
      request: event.kind,
      type: typeOf(event, refusal),
      bytes: bytesOf(event, code),
      ...subjectOf(event),
    };
    return signal === undefined ? refused : { ...refused, signal };
  }
  return undefined;
};

/** A recording that has less of a text than was sent has its size. */
const bytesOf = (event: Recorded, code: RefusalCode): number | undefined => {
  if (event.kind !== "FrameRefused" && code !== "too-large") return undefined;
  return event.bytes ?? ("text" in event ? Buffer.byteLength(event.text) : undefined);
};

const typeOf = (event: Recorded, refusal: CoreRefusal): string | undefined => {
  if (event.kind === "PublishRequested") return event.type;
  if (event.kind === "SignalRequested") return event.signal;
  if (event.kind === "ClientConnected") return "hello";
  if (event.kind === "FrameRefused" || !("id" in event)) return requestTypeOf(event.kind) ?? refusedTypeOf(refusal);
  // Where requests are numbered, they are called by what they ask for.
  return event.kind === "TokenRenewed" ? "renew" : event.kind.replace(/(?:Requested|Received)$/, "").toLowerCase();
};

const subjectOf = (event: Recorded): Pick<Refusal, "user" | "where"> => {
  switch (event.kind) {
    case "ClientConnected":
      return { user: event.greeting?.user, where: undefined };
    case "JoinRequested":
      return { user: event.userId, where: event.roomId };
    case "LeaveRequested":
      return { user: undefined, where: event.roomId };
    case "CreateRequested":
      return { user: event.room.hostId, where: event.room.id };
    case "SubscribeRequested":
      return { user: undefined, where: channelNameOf(event.channel) };
    case "PublishRequested":
      return { user: event.from, where: channelNameOf(event.channel) };
    default:
      return { user: undefined, where: "roomId" in event ? event.roomId : undefined };
  }
};
