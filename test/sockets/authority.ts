import { subscribe } from "../support/net.js";
import type { Asked } from "../support/v1.js";

export const signaling = "webrtc-signaling";

export type Others = Readonly<Record<"host" | "cohost" | "participant" | "waits", string>>;

/** The requests of `signalbox.v1`, by the names of the rows. */
export const v1Requests = (room: string, to: Others, token: string): Readonly<Record<string, Asked>> => ({
  hello: { type: "hello" },
  "create, of this room": { type: "create", room },
  join: { type: "join", room },
  leave: { type: "leave", room },
  roster: { type: "roster", room },
  withdraw: { type: "withdraw", room },
  admit: { type: "admit", room, user: to.waits },
  deny: { type: "deny", room, user: to.waits },
  lock: { type: "lock", room, locked: true },
  "remove, of a participant": { type: "remove", room, user: to.participant },
  "remove, of a co-host": { type: "remove", room, user: to.cohost },
  "remove, of the host": { type: "remove", room, user: to.host },
  unban: { type: "unban", room, user: to.waits },
  role: { type: "role", room, user: to.participant, role: "cohost" },
  close: { type: "close", room },
  "signal, to a participant": { type: "signal", room, to: to.participant, kind: "offer", negotiation: 1 },
  "message, to all": { type: "message", room, data: null },
  "message, to the host": { type: "message", room, to: to.host, data: null },
  "message, to who waits": { type: "message", room, to: to.waits, data: null },
  directory: { type: "directory", watch: true },
  ping: { type: "ping" },
  "renew, for another user": { type: "renew", token },
  bye: { type: "bye" },
});

/** Those of the seed's protocol. `me` is who the asker says it is. */
export const seedRequests = (room: string, to: Others, me: string): Readonly<Record<string, object>> => {
  const signal = (type: string, more: object) => ({
    type,
    channel: signaling,
    data: { roomId: room, fromUserId: me, toUserId: to.participant, ...more },
  });
  return {
    // Signals first: they reach the first room that both are in.
    "webrtc-offer": signal("webrtc-offer", { offer: { type: "offer", sdp: "v=0" } }),
    "webrtc-answer": signal("webrtc-answer", { answer: { type: "answer", sdp: "v=0" } }),
    "webrtc-ice": signal("webrtc-ice", { candidate: { candidate: "c" } }),
    "call-ended": signal("call-ended", {}),
    "room-created, of this room": { type: "room-created", data: { id: room, name: "Mine", hostId: me } },
    "user-joined-room": { type: "user-joined-room", data: { roomId: room, userId: me, userName: "Me" } },
    "user-left-room, oneself": { type: "user-left-room", data: { roomId: room, userId: me } },
    "user-left-room, a participant": { type: "user-left-room", data: { roomId: room, userId: to.participant } },
    "user-left-room, a co-host": { type: "user-left-room", data: { roomId: room, userId: to.cohost } },
    "user-left-room, the host": { type: "user-left-room", data: { roomId: room, userId: to.host } },
    "room-list-request": { type: "room-list-request" },
    subscribe: subscribe(`channel-${room}`),
    unsubscribe: { type: "unsubscribe", channel: `channel-${room}` },
    "join-request": {
      type: "join-request",
      channel: "webrtc-dashboard-access",
      data: { roomId: room, fromUserId: me },
    },
    "participant-joined": {
      type: "participant-joined",
      channel: "webrtc-dashboard-chat",
      data: { roomId: room, fromUserId: me },
    },
    "a message without a channel": { type: "hello" },
    ping: { type: "ping" },
  };
};

/**
 * What each request is answered with, by who sends it. The expired one is a co-host in the first protocol, and the host in the other.
 * Another's id is that of the host, said by a stranger. `dropped` is neither refused nor delivered.
 */
export const authority = `
| signalbox.v1, without tokens | stranger | waiting | participant | co-host | host | banned | another's id |
|---|---|---|---|---|---|---|---|
| hello | invalid-message | invalid-message | invalid-message | invalid-message | invalid-message | invalid-message | invalid-message |
| create, of this room | room-exists | room-exists | room-exists | room-exists | room-exists | room-exists | room-exists |
| join | ✓ | ✓ | ✓ | ✓ | ✓ | banned | ✓ |
| leave | not-allowed | not-allowed | ✓ | ✓ | ✓ | not-allowed | not-allowed |
| roster | not-in-room | not-in-room | ✓ | ✓ | ✓ | not-in-room | not-in-room |
| withdraw | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| admit | not-allowed | not-allowed | not-allowed | ✓ | ✓ | not-allowed | not-allowed |
| deny | not-allowed | not-allowed | not-allowed | ✓ | ✓ | not-allowed | not-allowed |
| lock | not-allowed | not-allowed | not-allowed | ✓ | ✓ | not-allowed | not-allowed |
| remove, of a participant | not-allowed | not-allowed | not-allowed | ✓ | ✓ | not-allowed | not-allowed |
| remove, of a co-host | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | not-allowed |
| remove, of the host | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | not-allowed |
| unban | not-allowed | not-allowed | not-allowed | ✓ | ✓ | not-allowed | not-allowed |
| role | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | not-allowed |
| close | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | not-allowed |
| signal, to a participant | not-in-room | not-in-room | ✓ | ✓ | ✓ | not-in-room | not-in-room |
| message, to all | not-in-room | not-in-room | ✓ | ✓ | ✓ | not-in-room | not-in-room |
| message, to the host | not-in-room | ✓ | ✓ | ✓ | no-such-participant | not-in-room | not-in-room |
| message, to who waits | not-in-room | no-such-participant | no-such-participant | ✓ | ✓ | not-in-room | not-in-room |
| directory | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| ping | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| renew, for another user | token-invalid | token-invalid | token-invalid | token-invalid | token-invalid | token-invalid | token-invalid |
| bye | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |

| signalbox.v1, with tokens | stranger | waiting | participant | co-host | host | banned | expired | another's id |
|---|---|---|---|---|---|---|---|---|
| hello | invalid-message | invalid-message | invalid-message | invalid-message | invalid-message | invalid-message | invalid-message | invalid-message |
| create, of this room | room-exists | room-exists | room-exists | room-exists | room-exists | room-exists | token-expired | room-exists |
| join | ✓ | ✓ | ✓ | ✓ | ✓ | banned | token-expired | ✓ |
| leave | not-allowed | not-allowed | ✓ | ✓ | ✓ | not-allowed | ✓ | not-allowed |
| roster | not-in-room | not-in-room | ✓ | ✓ | ✓ | not-in-room | ✓ | not-in-room |
| withdraw | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| admit | not-allowed | not-allowed | not-allowed | ✓ | ✓ | not-allowed | token-expired | not-allowed |
| deny | not-allowed | not-allowed | not-allowed | ✓ | ✓ | not-allowed | token-expired | not-allowed |
| lock | not-allowed | not-allowed | not-allowed | ✓ | ✓ | not-allowed | token-expired | not-allowed |
| remove, of a participant | not-allowed | not-allowed | not-allowed | ✓ | ✓ | not-allowed | token-expired | not-allowed |
| remove, of a co-host | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | token-expired | not-allowed |
| remove, of the host | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | token-expired | not-allowed |
| unban | not-allowed | not-allowed | not-allowed | ✓ | ✓ | not-allowed | token-expired | not-allowed |
| role | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | token-expired | not-allowed |
| close | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | token-expired | not-allowed |
| signal, to a participant | not-in-room | not-in-room | ✓ | ✓ | ✓ | not-in-room | ✓ | not-in-room |
| message, to all | not-in-room | not-in-room | ✓ | ✓ | ✓ | not-in-room | ✓ | not-in-room |
| message, to the host | not-in-room | ✓ | ✓ | ✓ | no-such-participant | not-in-room | ✓ | not-in-room |
| message, to who waits | not-in-room | no-such-participant | no-such-participant | ✓ | ✓ | not-in-room | ✓ | not-in-room |
| directory | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| ping | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| renew, for another user | not-allowed | not-allowed | not-allowed | not-allowed | not-allowed | not-allowed | not-allowed | not-allowed |
| bye | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |

| the seed's protocol, without tokens | stranger | waiting | participant | co-host | host | banned | another's id |
|---|---|---|---|---|---|---|---|
| webrtc-offer | dropped | dropped | ✓ | ✓ | ✓ | dropped | not-allowed |
| webrtc-answer | dropped | dropped | ✓ | ✓ | ✓ | dropped | not-allowed |
| webrtc-ice | dropped | dropped | ✓ | ✓ | ✓ | dropped | not-allowed |
| call-ended | dropped | dropped | ✓ | ✓ | ✓ | dropped | not-allowed |
| room-created, of this room | room-exists | room-exists | room-exists | room-exists | ✓ | room-exists | room-exists |
| user-joined-room | waiting, and others are told | ✓ | ✓ | ✓ | ✓ | banned | not-allowed |
| user-left-room, oneself | not-allowed | not-allowed | ✓ | ✓ | ✓ | not-allowed | not-allowed |
| user-left-room, a participant | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | not-allowed |
| user-left-room, a co-host | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | not-allowed |
| user-left-room, the host | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | not-allowed |
| room-list-request | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| subscribe | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| unsubscribe | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| join-request | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | not-allowed |
| participant-joined | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | not-allowed |
| a message without a channel | no-channel | no-channel | no-channel | no-channel | no-channel | no-channel | no-channel |
| ping | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |

| the seed's protocol, with tokens | stranger | waiting | participant | co-host | host | banned | expired | another's id |
|---|---|---|---|---|---|---|---|---|
| webrtc-offer | dropped | dropped | ✓ | ✓ | ✓ | dropped | ✓ | not-allowed |
| webrtc-answer | dropped | dropped | ✓ | ✓ | ✓ | dropped | ✓ | not-allowed |
| webrtc-ice | dropped | dropped | ✓ | ✓ | ✓ | dropped | ✓ | not-allowed |
| call-ended | dropped | dropped | ✓ | ✓ | ✓ | dropped | ✓ | not-allowed |
| room-created, of this room | room-exists | room-exists | room-exists | room-exists | ✓ | room-exists | token-expired | room-exists |
| user-joined-room | waiting, and others are told | ✓ | ✓ | ✓ | ✓ | banned | token-expired | not-allowed |
| user-left-room, oneself | not-allowed | not-allowed | ✓ | ✓ | ✓ | not-allowed | ✓ | not-allowed |
| user-left-room, a participant | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | token-expired | not-allowed |
| user-left-room, a co-host | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | token-expired | not-allowed |
| user-left-room, the host | not-allowed | not-allowed | not-allowed | not-allowed | ✓ | not-allowed | ✓ | not-allowed |
| room-list-request | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| subscribe | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| unsubscribe | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| join-request | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | not-allowed |
| participant-joined | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | not-allowed |
| a message without a channel | no-channel | no-channel | no-channel | no-channel | no-channel | no-channel | no-channel | no-channel |
| ping | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
`;
