/** The seed's messages that the console sends as samples (docs/PROTOCOL.md). */

export const channels = {
  rooms: "webrtc-dashboard-rooms",
  access: "webrtc-dashboard-access",
} as const;

export interface Person {
  readonly id: string;
  readonly name: string;
}

export interface Room {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly host: string;
  readonly hostId: string;
}

/** What goes to the server. */
export interface Outgoing {
  readonly type: string;
  readonly channel?: string;
  readonly data?: unknown;
}

export const ping: Outgoing = { type: "ping" };

export const subscribe = (channel: string): Outgoing => ({ type: "subscribe", channel });

export const unsubscribe = (channel: string): Outgoing => ({ type: "unsubscribe", channel });

export const roomListRequest: Outgoing = { type: "room-list-request", channel: channels.rooms };

export const roomCreated = ({ id, name, description, host, hostId }: Room): Outgoing => ({
  type: "room-created",
  channel: channels.rooms,
  data: { id, name, description, host, hostId },
});

export const userJoined = (roomId: string, { id, name }: Person): Outgoing => ({
  type: "user-joined-room",
  channel: channels.rooms,
  data: { roomId, userId: id, userName: name },
});

export const userLeft = (roomId: string, userId: string): Outgoing => ({
  type: "user-left-room",
  channel: channels.rooms,
  data: { roomId, userId },
});

export const knock = (room: Room, { id, name }: Person): Outgoing => ({
  type: "join-request",
  channel: channels.access,
  data: { roomId: room.id, roomName: room.name, fromUserId: id, userName: name, toUserId: room.hostId },
});
