import { constants, setPriority } from "node:os";
import { type Disk, diskOf } from "./disk.js";
import { UnfitFile } from "./open.js";
import type { KeeperOptions, Order, Report } from "./orders.js";
import { type Added, openStore } from "./store.js";
import { type Webhooks, webhooksOf } from "./webhooks.js";

/*
 * The process that has the database. SQLite is synchronous and native: in a process of its own, a slow disk holds up nobody but the
 * history, and a crash ends nothing else. Webhooks are sent from here, too, since their queue is on the disk.
 */

/** How long a receiver has for its answer, and the pause after a first attempt that failed. */
const times = { answerMs: 10_000, pauseMs: 1_000 };
const tidyMs = 30_000;
/** While there is more to delete. */
const tidyAgainMs = 100;

const say = (report: Report): void => {
  process.send?.(report);
};

/** The process ends then. */
const sayLast = (report: Report): void => {
  process.send?.(report, undefined, undefined, () => process.disconnect());
};

const nothingAdded: Added = { queued: [], refused: 0 };

/** Keeps the history of a server, from its first order on: what to do with the later ones. */
const keep = ({ path, daysMax, bytesMax, webhook, now: startedAt, hasBegun }: KeeperOptions) => {
  const began = performance.now();
  const now = (): number => Math.floor(startedAt + performance.now() - began);

  const webhooks: Webhooks | undefined =
    webhook &&
    webhooksOf({
      ...webhook,
      ...times,
      disk: () => disk,
      told: (status) => say({ kind: "webhooks", status }),
      undelivered: (facts, why) => say({ kind: "undelivered", facts, why }),
    });
  const disk: Disk = diskOf({
    open: () => openStore({ path, daysMax, bytesMax, free: webhooks?.free }),
    opened: (store) => webhooks?.add(store.queued()),
    begin: (store) => {
      if (hasBegun) return;
      const added = store.begin(now());
      say({ kind: "begun", last: store.last() });
      webhooks?.added(added);
    },
    changed: (error) => say({ kind: "disk", error }),
  });

  const tidy = (): void => {
    const tidied = disk.on((store) => store.tidy(now()));
    setTimeout(tidy, tidied?.result === true ? tidyAgainMs : tidyMs);
  };

  try {
    disk.store();
  } catch (error) {
    if (error instanceof UnfitFile) {
      sayLast({ kind: "unfit", why: error.message });
      return undefined;
    }
  }
  tidy();
  say({ kind: "opened", error: disk.error() });
  return { now, disk, webhooks };
};

let kept: ReturnType<typeof keep>;

const carryOut = (order: Order): void => {
  switch (order.kind) {
    case "open":
      kept = keep(order.options);
      return;
    case "write": {
      const { facts, after } = order;
      const written = kept?.disk.on((store) => {
        // What was written before is in the queue that was read when the file was opened.
        const added = after !== undefined && store.last() > after ? nothingAdded : store.write(facts);
        return { added, last: store.last() };
      });
      if (written === undefined) return say({ kind: "unwritten" });
      const { added, last } = written.result;
      say({ kind: "written", last });
      kept?.webhooks?.added(added);
      return;
    }
    case "query": {
      const { id, query } = order;
      const answered = kept?.disk.on((store) => store.page(query));
      if (answered === undefined) say({ kind: "no page", id, why: kept?.disk.error() ?? "" });
      else say({ kind: "page", id, page: answered.result });
      return;
    }
    case "close":
      kept?.webhooks?.stop();
      kept?.disk.close(order.at);
      kept = undefined;
      sayLast({ kind: "closed" });
  }
};

// Who was where is nobody else's business: the files are for this user alone.
process.umask(0o077);
// Where there is too little CPU for both, the server comes first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
// What is meant for the server alone, as Ctrl-C is for all of a terminal: it will say when to close.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.on("message", carryOut);
// The server is gone, orderly or not. Where it was killed, the next start ends what is open at the time that is noted here.
process.on("disconnect", () => {
  const { disk, now } = kept ?? {};
  if (now !== undefined) disk?.on((store) => store.tidy(now()));
  process.exit(0);
});
