// Two clients that are far away: node far.mjs HOST:PORT. One of the seed's dialect joins the room "seed", one of signalbox.v1
// the room "v1". Says "there" when both are in.
import { once } from "node:events";
import { WebSocket } from "ws";

const come = async (protocols, messages) => {
  const ws = new WebSocket(`ws://${process.argv[2]}/ws`, protocols);
  await once(ws, "open");
  for (const message of messages) ws.send(JSON.stringify(message));
};

await come(
  [],
  [
    { type: "room-created", data: { id: "seed", name: "Seed" } },
    { type: "user-joined-room", data: { roomId: "seed", userId: "far", userName: "Far" } },
  ],
);
await come(
  ["signalbox.v1"],
  [
    { type: "hello", id: 1, name: "Far" },
    { type: "join", id: 2, room: "v1" },
  ],
);
process.stdout.write("there\n");
