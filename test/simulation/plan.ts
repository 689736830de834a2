import { defaultSettings, type Payloads, type Settings } from "../../core/index.js";
import { mixed, type Random, random } from "./random.js";

export const faults = [
  "delay",
  "drop",
  "half-open",
  "slow",
  "pause",
  "storm",
  "jump",
  "stall",
  "disk-error",
  "crash",
] as const;
export type Fault = (typeof faults)[number];

/** What happens at a moment of a run. What it draws depends on its own salt: to leave one out does not change the others. */
export type Item =
  | { readonly at: number; readonly do: "act"; readonly client: number; readonly salt: number }
  | { readonly at: number; readonly do: Fault; readonly client: number; readonly salt: number };

export type ClientKind = "member" | "seed" | "liar" | "seed-liar";

/** Everything that a seed decides. */
export interface Plan {
  readonly seed: number;
  readonly settings: Settings;
  readonly payloads: Payloads;
  readonly outboxBytesMax: number;
  readonly outboxBytesInAll: number;
  readonly stateBytesPerMs: number | undefined;
  readonly costMsMax: number;
  readonly clients: ReadonlyArray<ClientKind>;
  readonly items: ReadonlyArray<Item>;
}

/** So long clients act and faults happen, in ms. */
export const activeMs = 40_000;

const wide = { ...defaultSettings.limits, messagesPerSecond: 0, sayPerSecond: 0 };
const tight = {
  ...wide,
  clientChannelsMax: 4,
  clientRoomsMax: 3,
  clientSeatsMax: 5,
  clientUsersMax: 3,
  roomParticipantsMax: 12,
  roomsMax: 6,
  roomWaitingMax: 2,
  roomBarredMax: 2,
  keptMessagesMax: 8,
  keptCharsMax: 300,
  messageCharsMax: 90,
};

const settingsOf = (draw: Random): Settings => ({
  delivery: draw.one(["targeted", "targeted", "broadcast"]),
  roomEvents: draw.one(["consume", "relay"]),
  roomListIntervalMs: draw.one([700, 5_000]),
  stateSpacingMs: draw.one([0, 100, 2_000]),
  unjoinedRoomMs: draw.one([2_000, 8_000]),
  sessionGraceMs: draw.one([2_000, 8_000]),
  hostReclaimMs: draw.one([3_000, 10_000]),
  tokenGraceMs: 0,
  knockMs: draw.one([3_000, 15_000]),
  limits: draw.one([
    wide,
    tight,
    { ...tight, clientSeatsMax: 2 },
    { ...tight, messagesPerSecond: 20, messageBurst: 30, refusedBurst: 5 },
    { ...wide, sayPerSecond: 2, sayBurst: 4 },
  ]),
});

const times = <A>(n: number, make: () => A): ReadonlyArray<A> => Array.from({ length: n }, make);

export const planOf = (seed: number): Plan => {
  const draw = random(mixed(seed, 1));
  const settings = settingsOf(draw);
  const clients: ReadonlyArray<ClientKind> = [
    ...times(draw.between(2, 5), () => "member" as const),
    ...times(draw.between(0, 3), () => "seed" as const),
    ...times(draw.below(2), () => "liar" as const),
    ...times(draw.below(2), () => "seed-liar" as const),
  ];
  const possible = faults.filter(() => draw.often(0.45));
  const moment = () => ({ at: draw.below(activeMs), client: draw.below(clients.length), salt: draw.below(1e9) });
  const acts = times(draw.between(40, 40 * clients.length), (): Item => ({ ...moment(), do: "act" }));
  const troubles = times(
    possible.length === 0 ? 0 : draw.between(1, 14),
    (): Item => ({ ...moment(), do: draw.one(possible) }),
  );
  return {
    seed,
    settings,
    payloads: draw.one(["full", "redacted", "none"]),
    outboxBytesMax: draw.one([8_192, 16_384]),
    outboxBytesInAll: draw.one([16_384, 1_048_576]),
    stateBytesPerMs: draw.often(0.25) ? 4 : undefined,
    costMsMax: draw.often(0.2) ? 3 : 0,
    clients,
    items: [...acts, ...troubles].sort((a, b) => a.at - b.at),
  };
};
