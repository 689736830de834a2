import { write, writeSync } from "node:fs";

/** A file that is written to in the background, in order. What it does not take now is tried again. */
export interface Output {
  readonly write: (text: string) => void;
  /** Fulfilled once everything is written, or after `timeoutMs`. */
  readonly end: (timeoutMs: number) => Promise<void>;
  /** Ends the process, also where the file takes nothing any more. */
  readonly exit: (code: number) => never;
}

export interface OutputOptions {
  readonly fd: number;
  /** What may wait to be written. */
  readonly bytesMax: number;
  /** Called for each text that there is no room for. */
  readonly dropped: () => void;
}

/** Between an attempt that failed and the next one: a full disk may get room again. */
const retryMs = 100;

export const output = ({ fd, bytesMax, dropped }: OutputOptions): Output => {
  const waiting: Buffer[] = [];
  const enders: Array<() => void> = [];
  let writing: Buffer = Buffer.alloc(0);
  let bytes = 0;
  let [isBusy, isUnderWay] = [false, false];

  const next = (): void => {
    if (writing.length === 0) writing = Buffer.concat(waiting.splice(0));
    isBusy = writing.length > 0;
    if (!isBusy) {
      for (const resolve of enders.splice(0)) resolve();
      return;
    }
    isUnderWay = true;
    write(fd, writing, (error, written) => {
      isUnderWay = false;
      writing = writing.subarray(written);
      bytes -= written;
      if (error === null) next();
      else setTimeout(next, retryMs).unref();
    });
  };

  return {
    write: (text) => {
      const line = Buffer.from(text);
      if (bytes + line.length > bytesMax) return dropped();
      waiting.push(line);
      bytes += line.length;
      if (!isBusy) next();
    },
    end: (timeoutMs) =>
      new Promise((resolve) => {
        if (!isBusy) return resolve();
        setTimeout(resolve, timeoutMs);
        enders.push(resolve);
      }),
    exit: (code) => {
      writeOnce(fd, Buffer.concat(isUnderWay ? waiting : [writing, ...waiting]));
      return process.exit(code);
    },
  };
};

/** Before the process ends: there is nobody left to tell that it has failed. */
export const writeOnce = (fd: number, text: string | Buffer): void => {
  try {
    writeSync(fd, Buffer.from(text));
  } catch {}
};
