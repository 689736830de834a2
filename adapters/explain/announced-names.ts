import type { Recorded } from "../../core/index.js";
import { memberOf } from "./read-relay.js";
import type { SignalKind } from "./signal-kind.js";

/** Notes the names that an event announces. A user without one is called by id. */
export const noteNames = (
  names: Map<string, string>,
  event: Recorded,
  signalKindOf: (type: string) => SignalKind | undefined,
): void => {
  if (event.kind === "JoinRequested") names.set(event.userId, event.userName);
  if (event.kind === "ClientConnected" && event.greeting !== undefined && !names.has(event.greeting.user))
    names.set(event.greeting.user, event.greeting.name);
  if (event.kind !== "PublishRequested") return;
  const { type, from, to, text } = event;
  for (const user of [from, to]) if (user !== undefined && !names.has(user)) names.set(user, user);
  const announced = signalKindOf(type) === "knock" ? memberOf(text, "userName") : undefined;
  if (from !== undefined && announced !== undefined && names.get(from) === from) names.set(from, announced);
};
