import { channels, type Said } from "./message.js";

const room = "room_test";
const [alice, bob] = ["user_alice", "user_bob"];

/** Messages to begin with, one of each kind that the seed's table names. */
export const readyMade: ReadonlyArray<readonly [name: string, message: Said]> = [
  ["Subscribe", { type: "subscribe", channel: channels.rooms }],
  ["Ping", { type: "ping" }],
  [
    "Create room",
    {
      type: "room-created",
      channel: channels.rooms,
      data: { id: room, name: "Test room", host: "Alice", hostId: alice, description: "Made by hand" },
    },
  ],
  [
    "Join room",
    { type: "user-joined-room", channel: channels.rooms, data: { roomId: room, userId: alice, userName: "Alice" } },
  ],
  ["List rooms", { type: "room-list-request", channel: channels.rooms }],
  ["Leave room", { type: "user-left-room", channel: channels.rooms, data: { roomId: room, userId: alice } }],
  [
    "Relay",
    {
      type: "join-request",
      channel: channels.access,
      data: { roomId: room, roomName: "Test room", fromUserId: bob, userName: "Bob", toUserId: alice },
    },
  ],
  ["Unsubscribe", { type: "unsubscribe", channel: channels.rooms }],
];
