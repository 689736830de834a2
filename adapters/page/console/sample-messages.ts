import * as Message from "../wire/message.js";

const room = { id: "room_test", name: "Test room", description: "Made by hand", host: "Alice", hostId: "user_alice" };
const alice = { id: room.hostId, name: room.host };
const bob = { id: "user_bob", name: "Bob" };

/** One message of each kind to start with. */
export const sampleMessages: ReadonlyArray<readonly [name: string, message: Message.Outgoing]> = [
  ["Subscribe", Message.subscribe(Message.channels.rooms)],
  ["Ping", Message.ping],
  ["Create room", Message.roomCreated(room)],
  ["Join room", Message.userJoined(room.id, alice)],
  ["List rooms", Message.roomListRequest],
  ["Leave room", Message.userLeft(room.id, alice.id)],
  ["Relay", Message.knock(room, bob)],
  ["Unsubscribe", Message.unsubscribe(Message.channels.rooms)],
];
