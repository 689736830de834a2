import type { ClientId, Recorded } from "../../core/index.js";
import { a, b, connected, joined, later, published, signaling, started, subscribed } from "../support/story.js";
import { greeted } from "../support/v1-world.js";

export const ann = { user: "ann", name: "Ann" } as Parameters<typeof greeted>[2];
export const bob = { user: "bob", name: "Bob" } as Parameters<typeof greeted>[2];

export type Story = ReadonlyArray<object>;

/** One fact every second. */
export const timed = (facts: Story): ReadonlyArray<Recorded> =>
  facts.map((fact, i) => ({ ...fact, at: later(1_000 * i) }) as Recorded);

let id = 1;

export const asks = (client: ClientId, request: object): object => ({ client, id: ++id, text: "", ...request });

export const signals = (client: ClientId, to: string, signal: string, negotiation = 1): object =>
  asks(client, { kind: "SignalRequested", roomId: "r1", to, signal, negotiation });
export const [third] = [3] as ReadonlyArray<number> as readonly [ClientId];
const joinsRoom = (client: ClientId, { user, name }: typeof ann, id: string): object => {
  const policy = { listed: true, lobby: false, capacity: 9, withoutHost: "open" };
  const create = { room: { id, name: id, hostId: user, host: name }, policy };
  return asks(client, { kind: "JoinRequested", roomId: id, userId: user, userName: name, create });
};
const says = (type: string, to: string | undefined, more: object = {}): object => ({
  ...published(third, "", { from: "dan", ...(to === undefined ? {} : { to }) }),
  type,
  ...more,
});
/** Ann and Bob are in two rooms at once and call each other in both; Dan, of the dashboards' protocol, is in one of them. */
export const mixed: Story = [
  started({ sessionGraceMs: 60_000 }),
  greeted(a, "sa", ann),
  greeted(b, "sb", bob),
  connected(third),
  { ...subscribed(third, signaling), hasSignals: true },
  ...["lunch", "standup"].flatMap((id) => [joinsRoom(a, ann, id), joinsRoom(b, bob, id)]),
  { ...joined(third, "lunch", "dan"), userName: "Dan" },
  { ...signals(a, "bob", "offer"), roomId: "lunch" },
  { ...signals(a, "bob", "offer"), roomId: "standup" },
  { ...signals(b, "ann", "answer"), roomId: "standup" },
  { ...signals(a, "dan", "offer"), roomId: "lunch" },
  says("webrtc-answer", "ann", { signal: { kind: "answer", negotiation: 0 } }),
  says("webrtc-offer", undefined),
];
