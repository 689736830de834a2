import { expect, test } from "vitest";
import { type ClientId, directoryChannel, type Effect, type Millis, seed, withoutTexts } from "../../../core/index.js";

const to = { kind: "Client", client: 1 as ClientId } as const;
const at = 1 as Millis;

test("a digest counts nothing that a client wrote as text, and everything else", () => {
  const effects: ReadonlyArray<Effect> = [
    { kind: "Send", to, message: { kind: "Echo", at, original: "hello" } },
    {
      kind: "Send",
      to,
      message: { kind: "Relay", channel: directoryChannel, type: "x", dialect: seed.name, text: "{}" },
    },
    { kind: "Send", to, message: { kind: "Pong", at } },
    { kind: "Close", to, code: 1001, reason: "the server is stopping" },
  ];
  expect(withoutTexts(effects)).toEqual([
    { kind: "Send", to, message: { kind: "Echo", at } },
    { kind: "Send", to, message: { kind: "Relay", channel: directoryChannel, type: "x", dialect: seed.name } },
    effects[2],
    effects[3],
  ]);
});
