import type { Journal } from "./read.js";

export interface Screen {
  readonly isTTY?: boolean;
  readonly write: (text: string) => unknown;
}

const everyEvents = 100_000;
const width = 30;

/** A bar on a terminal, for whoever waits while a long journal is read; `clear` before anything else is written. */
export const progressBar = (screen: Screen) => {
  let isShown = false;
  return {
    show: (n: number, { bytesRead, bytes }: Pick<Journal, "bytesRead" | "bytes">): void => {
      // A pipe has no size.
      if (n % everyEvents !== 0 || screen.isTTY !== true || bytes === 0) return;
      // A journal that is being written may have grown.
      const share = Math.min(1, bytesRead() / bytes);
      const full = Math.round(share * width);
      screen.write(`\r${"█".repeat(full)}${"░".repeat(width - full)} ${Math.round(share * 100)} %`);
      isShown = true;
    },
    clear: (): void => {
      if (isShown) screen.write("\r\x1b[K");
      isShown = false;
    },
  };
};
