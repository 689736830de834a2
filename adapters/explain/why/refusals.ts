import type { ClientId } from "../../../core/index.js";
import { type Person, userNamed } from "../people.js";
import type { Position, Recording, Refused } from "../recording.js";
import { listedMax } from "../sentences/words.js";
import { signalKindOf } from "../signal-kind.js";
import type { Named } from "../who.js";
import { defined, type Finding, finding, type Inquiry, optional, positionOf } from "./finding.js";

type RefusedFinding = Extract<Finding, { readonly code: "refused" }>;

/** Refused requests of the two, grouped. `isWanted` gets when the request was accepted later, if it was. */
export const refusalsOf = (
  { recording, from, to }: Inquiry,
  isWanted: (refused: Refused, accepted: Position | undefined) => boolean,
): ReadonlyArray<Finding> => {
  const groups = new Map<string, { readonly who: RefusedFinding["who"]; readonly all: Refused[] }>();
  for (const incident of recording.incidents) {
    if (incident.kind !== "refusal") continue;
    const who = whoWasRefused(recording, incident, [from, to]);
    if (who === undefined || isForOthers(incident, [from, to])) continue;
    const key = JSON.stringify([who, incident.type, incident.code, incident.where]);
    const group = groups.get(key) ?? { who, all: [] };
    group.all.push(incident);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ who, all }) => {
    const [first, last] = [all[0], all.at(-1)];
    if (first === undefined || last === undefined) return [];
    const accepted = acceptedAfter(recording, last);
    if (!isWanted(last, accepted)) return [];
    return [
      finding([...all.slice(0, listedMax), ...defined([accepted])], {
        code: "refused",
        refusal: first.code,
        ...optional("type", first.type),
        ...optional("where", first.where),
        who,
        times: all.map(positionOf),
        ...optional("signal", last.signal && { ...last.signal, to: userNamed(recording, last.signal.to) }),
        ...optional("holder", holderOf(recording, first)),
        ...optional("accepted", accepted && positionOf(accepted)),
      }),
    ];
  });
};

const isForOthers = ({ signal }: Refused, people: ReadonlyArray<Person>): boolean =>
  signal !== undefined && !people.some(({ ids }) => ids.includes(signal.to));

const whoWasRefused = (
  { sockets }: Recording,
  { user, client, type }: Refused,
  people: ReadonlyArray<Person>,
): Named | { readonly socket: ClientId } | undefined => {
  const named = people.find(({ ids }) => user !== undefined && ids.includes(user));
  if (named !== undefined) return named.named;
  if (user !== undefined) return undefined;
  const acting = people.find((person) => person.sockets.some(({ id }) => id === client));
  if (acting !== undefined) return acting.named;
  const isUnknown = sockets.get(client)?.users.size === 0;
  return isUnknown && type !== undefined && signalKindOf(type) !== undefined ? { socket: client } : undefined;
};

const acceptedAfter = ({ incidents, sockets }: Recording, refused: Refused): Position | undefined => {
  const { event, request, type, where, user, client, signal } = refused;
  if (request === "JoinRequested")
    return incidents.find((one) => one.kind === "join" && one.user === user && one.room === where && one.event > event);
  if (request === "SubscribeRequested")
    return sockets.get(client)?.subscriptions.find((one) => one.channel === where && one.since.event > event)?.since;
  if (signal !== undefined)
    return incidents.find(
      (one) =>
        one.kind === "relay" && one.from === user && one.to === signal.to && one.type === type && one.event > event,
    );
  return incidents.find(
    (one) => one.kind === "relay" && one.client === client && one.type === type && one.event > event,
  );
};

/** The host of the room that somebody tried to create again. */
const holderOf = (recording: Recording, { code, where, event, user }: Refused): RefusedFinding["holder"] => {
  const room = recording.rooms.findLast(({ id, since }) => id === where && since.event < event);
  if (code !== "room-exists" || room?.hostId === undefined) return undefined;
  const { names } = recording;
  const isSamePerson = user !== undefined && names.get(room.hostId) === names.get(user);
  return { host: userNamed(recording, room.hostId), isSamePerson };
};
