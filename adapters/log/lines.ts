import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";

/** A line that is checked when it is read: its CRC-32 in eight hexadecimal digits, a space, and JSON. */
export const lineOf = (value: unknown): string => {
  const json = JSON.stringify(value);
  return `${checksumOf(json)} ${json}\n`;
};

const checksumOf = (text: string | Buffer): string => crc32(text).toString(16).padStart(8, "0");

export interface Line {
  /** Undefined: the line is damaged. */
  readonly value: unknown;
  /**
   * Whether it is damaged as a write is that did not come to its end: the line feed is missing, or part of it was never written, which
   * reads as NUL.
   */
  readonly isCut: boolean;
  /** From 1. */
  readonly number: number;
  readonly bytes: number;
}

/** The lines of a file. Throws what the system says of a file that cannot be read. */
export function* linesOf(path: string): Generator<Line, void> {
  const content = readFileSync(path);
  let from = 0;
  for (let number = 1; from < content.length; number += 1) {
    const end = content.indexOf(10, from);
    const line = content.subarray(from, end < 0 ? content.length : end);
    const next = end < 0 ? content.length : end + 1;
    const value = end < 0 ? undefined : checked(line);
    yield { value, isCut: value === undefined && (end < 0 || line.includes(0)), number, bytes: next - from };
    from = next;
  }
}

const checked = (line: Buffer): unknown => {
  const json = line.subarray(9);
  if (line.toString("latin1", 0, 9) !== `${checksumOf(json)} `) return undefined;
  return JSON.parse(json.toString());
};
