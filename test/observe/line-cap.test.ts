import fc from "fast-check";
import { expect, test } from "vitest";
import { lineCap } from "../../adapters/observe/line-cap.js";
import { line } from "../../adapters/observe/log.js";

const refused = (client: number) => line("request-refused", "", { client, user: "", address: "", code: "not-allowed" });
const turnedAway = (address: string) => line("turned-away", "", { address });
const joined = line("participant-joined", "", { room: "r", user: "u", client: 1 });
const listed = line("room-list-sent", "", { rooms: 1 });
const failed = line("server-error", "", {});

test("law: whatever one client, one address or one kind of line floods, there is room for the others", () => {
  const flood = fc.constantFrom(refused(1), turnedAway("192.0.2.1"), listed, failed);
  fc.assert(
    fc.property(fc.array(flood, { maxLength: 400 }), fc.nat(900), (lines, arrivals) => {
      const isWritten = lineCap();
      for (const one of lines) isWritten(one, 7);
      const others = [2, 3, 4, 5, 6].flatMap((client) => Array.from({ length: 10 }, () => refused(client)));
      const all = [...others, ...Array.from({ length: arrivals }, () => joined), failed];
      expect(all.filter((one) => !isWritten(one, 7))).toEqual([]);
    }),
  );
});

test("law: a second has at most 1,300 lines that are no error, and the next second is as the first", () => {
  const any = fc.oneof(fc.nat(500).map(refused), fc.ipV4().map(turnedAway), fc.constantFrom(joined, listed));
  fc.assert(
    fc.property(fc.array(any, { maxLength: 200 }), (lines) => {
      const isWritten = lineCap();
      const many = Array.from({ length: 20 }, () => lines).flat();
      const written = (second: number) => many.map((one) => isWritten(one, second));
      const first = written(1);
      expect(first.filter((one) => one).length).toBeLessThanOrEqual(1_300);
      expect(written(2)).toEqual(first);
    }),
  );
});
