import { progressBar } from "../journal/progress.js";

/** Shown on standard error while a long journal is read. */
export const bar = progressBar(process.stderr);

/** Writes text to standard output. */
export const say = (text: string): void => {
  bar.clear();
  process.stdout.write(`${text}\n`);
};

/** Writes text to standard error, and ends the process with the code. */
export const end = (code: number, text: string): never => {
  bar.clear();
  process.stderr.write(`${text}\n`);
  process.exit(code);
};

export const cutShort = (bytes: number): string => `the last line was cut short after ${bytes} bytes, and is left out`;

/** A callback that warns of a last line that was cut short, once, however often the journal is read. */
export const warnOfTorn = (): ((bytes: number) => void) => {
  let isTold = false;
  return (bytes) => {
    if (!isTold) process.stderr.write(`${cutShort(bytes)}\n`);
    isTold = true;
  };
};
