import { createServer } from "node:http";
import { connect, type Subscription } from "@nats-io/transport-node";
import { type WebSocket, WebSocketServer } from "ws";

/**
 * The least that several nodes can be: what a client publishes goes to the subscribers here, and through NATS to those at other
 * nodes. It knows no rooms, no users and no rates, and tells nobody whether a message has arrived.
 */
const http = createServer((_, response) => response.end("ok"));
const server = new WebSocketServer({ server: http });
const nats = await connect({ servers: (process.env.CLUSTER ?? "").replace("nats://", ""), noEcho: true });
const channels = new Map<string, { readonly members: Set<WebSocket>; readonly subscription: Subscription }>();

const open = (channel: string) => {
  const members = new Set<WebSocket>();
  const pass = (text: string): void => members.forEach((ws) => void ws.send(text));
  const subscription = nats.subscribe(`m.${channel}`, { callback: (_, message) => pass(message.string()) });
  const opened = { members, subscription };
  channels.set(channel, opened);
  return opened;
};

server.on("connection", (ws) => {
  ws.on("message", (bytes) => {
    const text = bytes.toString();
    const { type, channel } = JSON.parse(text);
    const known = channels.get(channel);
    if (type === "subscribe") return void (known ?? open(channel)).members.add(ws);
    for (const other of known?.members ?? []) if (other !== ws) other.send(text);
    nats.publish(`m.${channel}`, text);
  });
  ws.on("close", () => {
    for (const [channel, { members, subscription }] of channels) {
      if (!members.delete(ws) || members.size > 0) continue;
      subscription.unsubscribe();
      channels.delete(channel);
    }
  });
});
http.listen(Number(process.env.PORT), "127.0.0.1");
