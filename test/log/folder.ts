import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty folder, until the test is over. */
export const emptyFolder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "signalbox-data-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
};
