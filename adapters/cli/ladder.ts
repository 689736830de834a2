import type { Moment, Recorded } from "../../core/index.js";
import { html as ladderHtml } from "../explain/ladder/html.js";
import { mermaid as ladderMermaid } from "../explain/ladder/mermaid.js";
import { text as ladderText } from "../explain/ladder/text.js";
import * as Ladder from "../explain/ladder.js";
import { end, say } from "./terminal.js";

interface LadderOptions {
  readonly mermaid: boolean;
  readonly html: boolean;
  readonly all: boolean;
  readonly room?: string | undefined;
  readonly user?: ReadonlyArray<string> | undefined;
}

/** `--ladder`, `--mermaid`, `--html`: the signalling as a diagram. */
export const showLadder = (
  moments: Iterable<Moment<Recorded>>,
  { room, user = [], all, mermaid, html }: LadderOptions,
): void => {
  if (user.length > 2) return end(2, "--user may be given once, or twice for what was between two: see --help.");
  const drawn = Ladder.ladder(moments, { room, users: user, isAll: all });
  if (html) say(ladderHtml(drawn));
  else if (mermaid) say(ladderMermaid(drawn));
  else drawLadder(drawn);
};

/** As wide as the terminal. */
export const drawLadder = (drawn: Ladder.Ladder): void => say(ladderText(drawn, process.stdout.columns ?? 120));
