import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

/** A room for each channel, and one for each user. No ping falls into a measurement: the bytes that arrive are counted. */
const http = createServer((_, response) => response.end());
const io = new Server(http, { transports: ["websocket"], pingInterval: 1e9, pingTimeout: 1e9, serveClient: false });

// One of several nodes, with the Redis there between them.
const url = process.env.REDIS;
if (url !== undefined) {
  const [publishing, subscribed] = [createClient({ url }), createClient({ url })];
  await Promise.all([publishing.connect(), subscribed.connect()]);
  io.adapter(createAdapter(publishing, subscribed));
}

io.on("connection", (socket) => {
  socket.on("subscribe", (channel) => socket.join(channel));
  socket.on("m", (channel, body) => socket.to(channel).emit("m", channel, body));
});
http.listen(Number(process.env.PORT), "127.0.0.1");
