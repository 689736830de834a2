import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";

/**
 * The seed's server, as plainly as it was described: a loop over all clients and a `send` for each, the count and the whole list
 * at every change, the list again every 5 s. Its log is left out, which can only favour it.
 */
const roomsChannel = "webrtc-dashboard-rooms";
const channels = new Map<WebSocket, Set<string>>();
const rooms = new Map<string, { readonly participants: Map<string, string> }>();

const http = createServer((_, response) => response.end("ok"));
const server = new WebSocketServer({ server: http });

const broadcastClientCount = (): void => {
  const text = JSON.stringify({ type: "client_count", count: channels.size, timestamp: new Date().toISOString() });
  for (const ws of channels.keys()) ws.send(text);
};

const broadcastRoomList = (): void => {
  const listed = [...rooms.values()].map(({ participants: there, ...room }) => {
    const participants = [...there].map(([id, name]) => ({ id, name }));
    return { ...room, participantCount: participants.length, participants };
  });
  const timestamp = new Date().toISOString();
  const text = JSON.stringify({ type: "server-room-list", channel: roomsChannel, rooms: listed, timestamp });
  for (const [ws, subscribed] of channels) if (subscribed.has(roomsChannel)) ws.send(text);
};

const changeRooms = (type: string, data: Readonly<Record<string, string>>): void => {
  const { id = "", name, description = "", host, hostId, roomId = "", userId = "", userName = "" } = data;
  const room = rooms.get(roomId);
  const created = { id, name, description, host, hostId, createdAt: new Date().toISOString() };
  if (type === "room-created") rooms.set(id, { ...created, participants: new Map() });
  else if (type === "user-joined-room") room?.participants.set(userId, userName);
  else if (type === "user-left-room" && room?.participants.delete(userId) && room.participants.size === 0)
    rooms.delete(roomId);
  broadcastRoomList();
};

const roomTypes = ["room-created", "user-joined-room", "user-left-room", "room-list-request"];

server.on("connection", (ws) => {
  channels.set(ws, new Set());
  broadcastClientCount();
  ws.on("message", (bytes) => {
    const text = bytes.toString();
    const { type, channel, data } = JSON.parse(text);
    if (type === "subscribe") channels.get(ws)?.add(channel);
    else if (type === "unsubscribe") channels.get(ws)?.delete(channel);
    else if (type === "ping") ws.send(JSON.stringify({ type: "pong", timestamp: new Date().toISOString() }));
    else if (roomTypes.includes(type)) changeRooms(type, data ?? {});
    else for (const [other, subscribed] of channels) if (other !== ws && subscribed.has(channel)) other.send(text);
  });
  ws.on("close", () => {
    channels.delete(ws);
    broadcastClientCount();
  });
});

setInterval(() => {
  if (rooms.size > 0) broadcastRoomList();
}, 5_000);
http.listen(Number(process.env.PORT), "127.0.0.1");
