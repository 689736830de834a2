import {
  type ClientId,
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
}

/** The refusal that an event came to, if it was refused. */
export const refusalIn = ({ event, effects }: Moment<Recorded>): Refusal | undefined => {
  for (const effect of effects) {
    if (effect.kind !== "Report" || effect.fact.kind !== "RequestRefused") continue;
    const { client, refusal } = effect.fact;
    const type = event.kind === "PublishRequested" ? event.type : (requestTypeOf(event.kind) ?? refusedTypeOf(refusal));
    return { client, code: refusal.code, request: event.kind, type, ...subjectOf(event) };
  }
  return undefined;
};

const subjectOf = (event: Recorded): Pick<Refusal, "user" | "where"> => {
  switch (event.kind) {
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
      return { user: undefined, where: undefined };
  }
};
