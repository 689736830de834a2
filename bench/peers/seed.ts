import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";

/** The seed's relay, as plainly as it was described: for each message a loop over all clients, and a `send` for each. */
const channels = new Map<WebSocket, Set<string>>();
const http = createServer();
const server = new WebSocketServer({ server: http });

const broadcastClientCount = (): void => {
  for (const ws of channels.keys())
    ws.send(JSON.stringify({ type: "client_count", count: channels.size, timestamp: new Date().toISOString() }));
};

server.on("connection", (ws) => {
  channels.set(ws, new Set());
  broadcastClientCount();
  ws.on("message", (data) => {
    const text = data.toString();
    const message = JSON.parse(text);
    if (message.type === "subscribe") channels.get(ws)?.add(message.channel);
    else
      for (const [other, subscribed] of channels) if (other !== ws && subscribed.has(message.channel)) other.send(text);
  });
  ws.on("close", () => {
    channels.delete(ws);
    broadcastClientCount();
  });
});
http.listen(Number(process.env.PORT), "127.0.0.1");
