/** Reads a server's frames (RFC 6455, 5.2; unmasked, whole), and keeps the last text that begins as wanted. */
export interface LastFrame {
  readonly read: (bytes: Buffer) => void;
  readonly last: () => string | undefined;
}

const headBytesMax = 10;

/** Copies into memory that it keeps: it has to follow a server that sends a gigabyte a second. */
export const lastFrame = (beginning: string): LastFrame => {
  const wanted = Buffer.from(beginning);
  const head = Buffer.alloc(headBytesMax);
  let headHas = 0;
  let current = Buffer.alloc(0);
  let before = Buffer.alloc(0);
  let size = -1;
  let has = 0;
  let lastBytes = -1;

  const headWants = (): number => {
    const length = headHas < 2 ? 0 : (head[1] ?? 0) & 127;
    return length === 127 ? 10 : length === 126 ? 4 : 2;
  };
  const sizeOf = (): number => {
    const length = (head[1] ?? 0) & 127;
    if (length < 126) return length;
    return length === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
  };
  const readHead = (bytes: Buffer, from: number): number => {
    const taken = bytes.copy(head, headHas, from, from + headWants() - headHas);
    headHas += taken;
    if (headHas < headWants()) return taken;
    size = sizeOf();
    has = 0;
    if (current.length < size) current = Buffer.allocUnsafe(size * 2);
    return taken;
  };
  const finish = (): void => {
    if (size >= wanted.length && current.compare(wanted, 0, wanted.length, 0, wanted.length) === 0) {
      [before, current] = [current, before];
      lastBytes = size;
    }
    headHas = 0;
    size = -1;
  };

  return {
    read: (bytes) => {
      for (let at = 0; at < bytes.length; ) {
        if (size < 0) at += readHead(bytes, at);
        else {
          const taken = bytes.copy(current, has, at, Math.min(bytes.length, at + size - has));
          has += taken;
          at += taken;
        }
        if (size >= 0 && has === size) finish();
      }
    },
    last: () => (lastBytes < 0 ? undefined : before.toString("utf8", 0, lastBytes)),
  };
};
