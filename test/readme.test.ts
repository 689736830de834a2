import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { variableNames } from "../adapters/server/config.js";

const top = new URL("..", import.meta.url).pathname;
const readme = readFileSync(`${top}README.md`, "utf8");

test("the README's loop runs, and prints what a client hears", async () => {
  const [, code = ""] = /```js\n([\s\S]*?)```/.exec(readme) ?? [];
  mkdirSync(`${top}dist`, { recursive: true });
  writeFileSync(`${top}dist/readme-loop.js`, code.replace("./core/index.js", "../core/index.js"));
  const lines = vi.spyOn(console, "log").mockImplementation(() => {});
  await import(`${top}dist/readme-loop.js`);
  const printed = lines.mock.calls.map((call) => call.join(" "));
  lines.mockRestore();
  expect(printed).toEqual([
    expect.stringContaining('1 ← {"type":"client_count","count":1,'),
    expect.stringContaining(
      '1 ← {"type":"server-room-list","channel":"webrtc-dashboard-rooms","rooms":[{"id":"r","name":"Team"',
    ),
  ]);
});

test("the README's property of a recorded session holds of one", async () => {
  const [, code = ""] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const journal = `${top}test/golden/journals/answers-to-an-old-id.ndjson`;
  const there = code.replaceAll('"./', '"../').replace("incident.ndjson", journal);
  const given = 'import fc from "fast-check";\nimport { expect } from "vitest";\n';
  writeFileSync(`${top}dist/readme-property.ts`, `${given}${there}\nexport { events };\n`);
  const { events } = await import(`${top}dist/readme-property.ts`);
  expect(events).toHaveLength(23);
});

test("the README names every variable, and no others", () => {
  const table = /\| variable \|[\s\S]*?\n\n/.exec(readme)?.[0] ?? "";
  const named = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(named.sort()).toEqual([...variableNames].sort());
});
