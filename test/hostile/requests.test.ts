import type { Socket } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { peerOf, serverWith, until } from "../support/net.js";
import { abandonments, inGroups, isWell, opened, rawFrame } from "./raw.js";
import { type RequestCase, requestCases } from "./requests.js";

const farewell = rawFrame({ opcode: 0x8, payload: Buffer.from([0x0f, 0xa0]) });
const farewellEchoed = Buffer.from([0x88, 0x02, 0x0f, 0xa0]).toString("latin1");
const lastRequest = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

const statusesIn = (answers: string): ReadonlyArray<number> =>
  [...answers.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));

interface Seen {
  readonly statuses: ReadonlyArray<number>;
  readonly wrong: ReadonlyArray<string>;
}

/** What comes back until the connection has ended. A connection that must be open is asked once more, and then has to end. */
const run = async (port: number, { sent, expected, has, isCutShort }: RequestCase): Promise<Seen> => {
  const socket = await opened(port);
  let heard = "";
  socket.on("data", (data: Buffer) => {
    heard += data.toString("latin1");
  });
  const ended = new Promise<void>((resolve) => socket.once("end", resolve).once("close", () => resolve()));
  socket.write(sent, "latin1");
  if (isCutShort) socket.end();
  const inTime = new Promise((tick) => setTimeout(tick, 8_000));
  const { statuses, connection } = expected;
  if (connection !== "closed") {
    const answered = until(() => statusesIn(heard).length >= statuses.length && heard.includes("\r\n\r\n"), 8_000);
    await Promise.race([ended, answered.catch(() => {})]);
  }
  const before = heard;
  if (connection === "open") socket.write(lastRequest);
  if (connection === "websocket") socket.write(farewell);
  await Promise.race([ended, inTime]);
  const wrong = [
    ...(socket.readableEnded || socket.destroyed ? [] : ["the connection is still open"]),
    ...(connection === "websocket" && !heard.endsWith(farewellEchoed) ? ["the close is not answered"] : []),
    ...(has === undefined || has.test(connection === "closed" ? heard : before)
      ? []
      : [`${has} is not in ${before.slice(0, 1_000)}`]),
  ];
  socket.destroy();
  return { statuses: statusesIn(heard), wrong };
};

const nameOf = ({ section, name }: RequestCase): string => `${section} ${name}`;

test("the cases have names of their own, and are many", () => {
  expect(new Set(requestCases.map(nameOf)).size).toBe(requestCases.length);
  expect(requestCases.length).toBeGreaterThanOrEqual(90);
});

/** A connection that is open is asked once more. */
const whole = ({ expected: { statuses, connection } }: RequestCase): Seen => ({
  statuses: connection === "open" ? [...statuses, 200] : statuses,
  wrong: [],
});

test("raw requests: each is answered as RFC 9110, RFC 9112 and RFC 6455 say", async () => {
  const server = await serverWith();
  const witness = await peerOf(server);
  const differing: object[] = [];
  await inGroups(requestCases, async (one) => {
    const [seen, expected] = [await run(server.port, one), whole(one)];
    if (!isDeepStrictEqual(seen, expected)) differing.push({ case: nameOf(one), expected, seen });
  });
  expect(differing).toEqual([]);
  await isWell(server, witness);
});

test.each(Object.keys(abandonments))(
  "raw requests on a connection that %s: nothing is left of it, and others are served",
  async (way) => {
    const server = await serverWith();
    const witness = await peerOf(server);
    const left: Socket[] = [];
    await inGroups(requestCases, async ({ sent }) => {
      const socket = await opened(server.port);
      left.push(socket);
      await new Promise((written) => socket.write(sent, "latin1", written));
      abandonments[way]?.(socket);
    });
    // The server lets go of them; this side does not.
    await isWell(server, witness);
    expect(left).toHaveLength(requestCases.length);
    for (const socket of left) socket.destroy();
  },
);
