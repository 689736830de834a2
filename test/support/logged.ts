import * as E from "fp-ts/lib/Either.js";
import { onTestFinished } from "vitest";
import type { Line } from "../../adapters/observe/log.js";
import { serve } from "../../adapters/server/serve.js";
import { configWith, pages } from "./net.js";

export interface LoggedServer {
  readonly port: number;
  /** What it has logged. */
  readonly lines: ReadonlyArray<Line>;
}

/** The real server on a port of its own, stopped when the test is over. */
export const loggedServer = async (env: Readonly<Record<string, string>>): Promise<LoggedServer> => {
  const lines: Line[] = [];
  const log = {
    write: (some: ReadonlyArray<Line>) => void lines.push(...some),
    hasDebug: true,
    end: () => Promise.resolve(),
  };
  const running = await serve(configWith({ PORT: "0", HOST: "127.0.0.1", ...env }), pages, log)();
  if (E.isLeft(running)) throw new Error(running.left);
  onTestFinished(running.right.stop);
  return { port: running.right.port, lines };
};
