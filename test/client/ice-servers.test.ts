import { RTCPeerConnection } from "node-datachannel/polyfill";
import { expect, test } from "vitest";
import { halfLifeMs } from "../../adapters/client/token.js";
import { person, until } from "./people.js";
import { relay } from "./relay.js";

/** Servers as a welcome and an answer have them; TURN is at an address where nobody is. */
const servers = (username: string) => [{ urls: "turn:192.0.2.1:3478", username, credential: "c" }];

const usernameOf = (made: RTCPeerConnection | undefined): unknown =>
  made?.getConfiguration().iceServers?.at(-1)?.username;

test("ICE servers are renewed at half of their time, again and again, and given to the connections that are there", async () => {
  const server = await relay();
  Object.assign(server.welcome, { iceServers: servers("first"), iceServersTtlMs: 2_000 });
  const askedAt: number[] = [];
  server.intercept.push((frame, { name }) => {
    if (frame.type !== "ice-servers") return undefined;
    if (name === "ann") askedAt.push(Date.now());
    return { type: "result", iceServers: servers(`renewal ${askedAt.length}`), iceServersTtlMs: 2_400 };
  });
  const made: RTCPeerConnection[] = [];
  const Kept = class extends RTCPeerConnection {
    constructor(configuration?: ConstructorParameters<typeof RTCPeerConnection>[0]) {
      super(configuration);
      made.push(this);
    }
  };
  const options = { RTCPeerConnection: Kept };
  const startedAt = Date.now();
  const ann = await person(server.url, { name: "ann", ...options });
  const errors: unknown[] = [];
  ann.on("error", (error) => errors.push(error));
  await ann.join("r", { data: true });
  await (await person(server.url, { name: "bob" })).join("r", { data: true });
  await until(() => made.length > 0);
  expect(usernameOf(made[0])).toBe("first");
  await until(() => usernameOf(made[0]) === "renewal 1");
  await until(() => askedAt.length === 2);
  expect((askedAt[0] ?? 0) - startedAt).toBeGreaterThanOrEqual(990);
  expect(errors).toEqual([]);
  await ann.close();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(askedAt).toHaveLength(2);
});

test("servers without credentials are not asked for again", async () => {
  const server = await relay();
  await person(server.url, { name: "ann" });
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(server.frames.filter(({ type }) => type === "ice-servers")).toEqual([]);
});

test("half of the time, and never less than a second", () => {
  expect([3_600_000, 4_000, 100, -5].map(halfLifeMs)).toEqual([1_800_000, 2_000, 1_000, 1_000]);
});
