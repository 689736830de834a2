/** Bun's own publish, with uWebSockets underneath. The subscriptions are spoken as they are to Signalbox. */
Bun.serve({
  port: Number(process.env.PORT),
  hostname: "127.0.0.1",
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("ok")),
  websocket: {
    idleTimeout: 0,
    backpressureLimit: 64 * 1024 * 1024,
    message(ws, text) {
      const message = JSON.parse(text);
      if (message.type === "subscribe") ws.subscribe(message.channel);
      else ws.publish(message.channel, text);
    },
  },
});
