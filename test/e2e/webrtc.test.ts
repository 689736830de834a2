import { RTCPeerConnection } from "node-datachannel/polyfill";
import { expect, onTestFinished, test } from "vitest";
import { type Peer, peerOf, type Received, serverWith, settled, subscribe } from "../support/net.js";

const signaling = "webrtc-signaling";

/** A user with a real WebRTC stack, who signals as the seed's dashboards do. */
const person = async (server: { readonly port: number }, me: string, other: string) => {
  const peer: Peer = await peerOf(server);
  const connection = new RTCPeerConnection();
  onTestFinished(() => connection.close());
  const send = (type: string, members: object): void =>
    peer.say({ type, channel: signaling, data: { roomId: "r", fromUserId: me, toUserId: other, ...members } });
  // Each side sends candidates once it has both descriptions: libdatachannel has them before it gives the description that they belong to,
  // and may stand still for 30 s if it is asked for a connection before it has been given the answer.
  let early: Received[] | undefined = [];
  const sendCandidate = (candidate: Received): void => send("webrtc-ice", { candidate });
  const isReady = (): void => {
    early?.forEach(sendCandidate);
    early = undefined;
  };
  // The library's types lean on the browser's, which tests on Node do not have.
  connection.onicecandidate = ({ candidate }: Received) => {
    if (!candidate) return;
    if (early === undefined) sendCandidate(candidate.toJSON());
    else early.push(candidate.toJSON());
  };
  const taken: Received[] = [];
  const take = async (message: Received): Promise<void> => {
    if (message.type === "webrtc-offer") {
      await connection.setRemoteDescription(message.data.offer);
      const answer = await connection.createAnswer();
      await connection.setLocalDescription(answer);
      send("webrtc-answer", { answer });
      isReady();
    }
    if (message.type === "webrtc-answer") {
      await connection.setRemoteDescription(message.data.answer);
      isReady();
    }
    if (message.type === "webrtc-ice") await connection.addIceCandidate(message.data.candidate);
  };
  // One after the other: a candidate cannot be added before the description ahead of it has been set.
  let last = Promise.resolve();
  peer.ws.on("message", (data) => {
    const message: Received = JSON.parse(data.toString());
    if (message.channel !== signaling) return;
    taken.push(message.type);
    last = last.then(() => take(message));
  });
  peer.say(subscribe(), subscribe(signaling), {
    type: "user-joined-room",
    data: { roomId: "r", userId: me, userName: me },
  });
  await settled(peer);
  return { peer, connection, send, taken };
};

test("two peers of a Node WebRTC stack exchange offer, answer and candidates, and a data channel opens", async () => {
  const server = await serverWith();
  const owner = await peerOf(server);
  owner.say({ type: "room-created", data: { id: "r", name: "Room" } });
  await owner.heard();
  const ann = await person(server, "ann", "bob");
  const bob = await person(server, "bob", "ann");
  const bystander = await person(server, "cy", "ann");

  const arrived = new Promise<string>((resolve) => {
    bob.connection.ondatachannel = ({ channel }: Received) => {
      channel.onmessage = ({ data }: Received) => {
        channel.send(`${data}, and back`);
        resolve(String(data));
      };
    };
  });
  const channel = ann.connection.createDataChannel("chat");
  const answered = new Promise<string>((resolve) => {
    channel.onmessage = ({ data }: Received) => resolve(String(data));
  });
  channel.onopen = () => channel.send("hello");
  const offer = await ann.connection.createOffer();
  await ann.connection.setLocalDescription(offer);
  ann.send("webrtc-offer", { offer });

  expect(await arrived).toBe("hello");
  expect(await answered).toBe("hello, and back");
  expect(bob.taken[0]).toBe("webrtc-offer");
  expect(ann.taken).toContain("webrtc-answer");
  expect(bob.taken).toContain("webrtc-ice");
  // A client that acts for another user gets neither the offer nor the candidates.
  expect(bystander.taken).toEqual([]);
});
