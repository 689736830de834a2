import { fork } from "node:child_process";
import { once } from "node:events";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { expect, onTestFinished, test } from "vitest";
import { history } from "../../adapters/history/history.js";
import type { Order, Report } from "../../adapters/history/orders.js";
import { came, folder, opened, rows, start } from "../support/history.js";

/** A keeper that has opened the file, and what it says. */
const keeperAt = async (path: string, hasBegun: boolean) => {
  const child = fork("dist/keeper.js", { serialization: "advanced", execArgv: [] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const reports: Report[] = [];
  child.on("message", (report: Report) => reports.push(report));
  const said = async <K extends Report["kind"]>(kind: K): Promise<Extract<Report, { readonly kind: K }>> => {
    for (;;) {
      const found = reports.find((it): it is Extract<Report, { readonly kind: K }> => it.kind === kind);
      if (found !== undefined) return found;
      await once(child, "message");
    }
  };
  const order = (what: Order): void => void child.send(what);
  order({
    kind: "open",
    options: { path, daysMax: 90, bytesMax: 1e9, webhook: undefined, now: start, hasBegun },
  });
  await said("opened");
  return { child, said, order };
};

test("a group that was written by a keeper whose answer never came is not written again by the next", async () => {
  const path = join(folder(), "history.db");
  const group = [opened(start), came(start, "ann")];
  const first = await keeperAt(path, false);
  const { last: before } = await first.said("begun");
  first.order({ kind: "write", facts: group, after: before });
  const { last } = await first.said("written");
  first.child.kill("SIGKILL");
  await once(first.child, "exit");

  const second = await keeperAt(path, true);
  second.order({ kind: "write", facts: group, after: before });
  expect(await second.said("written")).toEqual({ kind: "written", last });
  expect(rows(path, "SELECT count(*) FROM facts")).toEqual([[2]]);
  // What the first had left open is not ended, and the next group is written.
  expect(rows(path, "SELECT count(*) FROM visits WHERE left_at IS NULL")).toEqual([[1]]);
  const third = [came(start + 1, "bob", 2)];
  second.order({ kind: "write", facts: third, after: last });
  await expect.poll(() => rows(path, "SELECT count(*) FROM facts")).toEqual([[3]]);
});

test("a package without libsql says so in one line, before anything else of the server runs", async () => {
  const elsewhere = folder();
  cpSync("dist/keeper.js", join(elsewhere, "keeper.mjs"));
  cpSync("dist/chunks", join(elsewhere, "chunks"), { recursive: true });
  writeFileSync(join(elsewhere, "package.json"), '{"type":"module"}');
  const path = join(elsewhere, "history.db");
  const begun = await history({
    ...{ path, daysMax: 90, bytesMax: 1e9, webhook: undefined, keeper: join(elsewhere, "keeper.mjs"), now: Date.now },
    ...{ failed: () => {}, told: () => {}, webhooksChanged: () => {} },
  })();
  expect(begun).toEqual(
    E.left(
      expect.stringMatching(
        /^HISTORY is "[^"]+": its database cannot be loaded \(Error \[ERR_MODULE_NOT_FOUND\]: Cannot find package 'libsql' [^\n]+\)\. It needs the package libsql, which npm leaves out where it cannot have it\.$/,
      ),
    ),
  );
});

test("a keeper whose file has been taken away goes on with a new one", async () => {
  const first = await keeperAt(join(folder(), "history.db"), false);
  const { last: before } = await first.said("begun");
  first.order({ kind: "write", facts: [opened(start), came(start, "ann")], after: before });
  const { last } = await first.said("written");
  first.child.kill("SIGKILL");
  await once(first.child, "exit");

  const path = join(folder(), "history.db");
  const second = await keeperAt(path, true);
  second.order({ kind: "write", facts: [came(start + 1, "bob", 2)], after: last });
  await second.said("written");
  expect(rows(path, "SELECT count(*) FROM facts")).toEqual([[1]]);
});
