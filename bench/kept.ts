import * as E from "fp-ts/lib/Either.js";
import { fileLog } from "../adapters/log/file.js";
import * as core from "../core/index.js";

/** Somebody's first request: they join a room, and create it if it is not there. */
const joining = (room: number, n: number): core.Entry => {
  const at = 1_700_000_000_000 as core.Millis;
  const [userId, userName] = [`~user-${room}-${n}` as core.UserId, `User ${n}`];
  const roomId = `room-${room}` as core.RoomId;
  const policy = { listed: true, lobby: false, capacity: 10, withoutHost: "promote" } as const;
  const create = { room: { id: roomId, name: `Room ${room}`, hostId: userId, host: userName }, policy };
  const client = 1 as core.ClientId;
  return {
    ...{ kind: "Request", at },
    request: { kind: "JoinRequested", at, client, id: 2, roomId, userId, userName, text: "", create },
    by: {
      client,
      ...{ node: some("node-1" as core.NodeId), dialect: "signalbox.v1" as core.DialectName },
      session: `session-${room}-${n}-0123456789abcdef` as core.SessionId,
      generation: 1,
      identity: { claimed: [], verified: some(userId) },
      member: some({ user: userId, name: userName }),
      token: { _tag: "None" },
    },
  };
};

const some = <A>(value: A) => ({ _tag: "Some", value }) as const;

/** Leaves a folder as a server leaves it that was stopped with so many rooms, and so many in each. */
export const keep = async (path: string, rooms: number, each: number): Promise<number> => {
  const { limits } = core.defaultSettings;
  let shared = core.initialShared({ ...core.defaultSettings, limits: { ...limits, roomsMax: rooms } });
  let seq = 0;
  for (let room = 0; room < rooms; room++)
    for (let n = 0; n < each; n++) {
      [shared] = core.apply(shared, joining(room, n));
      seq += 1;
    }
  const log = await fileLog({ path, version: "bench" })();
  if (E.isLeft(log)) throw new Error(log.left);
  log.right.begin({ appended: () => {}, failed: () => {}, recovered: () => {}, warn: () => {} });
  log.right.applied(seq, { ...core.initial, shared });
  await log.right.close();
  return shared.sessions.size;
};
