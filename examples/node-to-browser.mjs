// A Node program and web pages exchange data without a server in between.
// node examples/node-to-browser.mjs, then open http://localhost:8080/
import { createServer } from "node:http";
import { RTCPeerConnection } from "node-datachannel/polyfill";
import { connect } from "signalbox/client";
import { WebSocket } from "ws";

const [server = "http://localhost:3000", port = "8080"] = process.argv.slice(2); // where Signalbox runs, where the page is

const session = await connect(`${server}/ws`, { name: "Node", WebSocket, RTCPeerConnection });
const room = await session.join("node-to-browser", { data: true });
room.on("reach", ({ participant, canSend }) => canSend && participant.send(`Node ${process.version} says hello`));
room.on("data", ({ from, data }) => from.send(`You said: ${data}`));
room.on("failed", ({ participant, error }) => console.error(`${participant.name}: ${error.message}`));

const page = `<!doctype html>
<title>Node to browser</title>
<input placeholder="Say something">
<pre></pre>
<script type="module">
  const { connect } = await import("${server}/client.js");
  const session = await connect("${server}/ws", { name: "Page" });
  const room = await session.join("node-to-browser", { data: true });
  room.on("data", ({ from, data }) => document.querySelector("pre").append(from.name, ": ", data, "\\n"));
  document.querySelector("input").onchange = ({ target }) => room.send(target.value);
</script>`;

createServer((_, response) => response.setHeader("content-type", "text/html").end(page)).listen(Number(port), () =>
  console.log(`http://localhost:${port}/`),
);
