/**
 * The seed's server, written as plainly as it was described, with PROTOCOL's amendments: mutable Maps, no cleverness, every frame
 * handled from its text. It shares no code with the core, so that what both say alike is likely right.
 */
export interface NaiveOptions {
  readonly flood: boolean;
  readonly relayRoomEvents: boolean;
  readonly channelsMax: number;
  readonly roomsMax: number;
  readonly createdMax: number;
  readonly participantsMax: number;
  readonly seatsMax: number;
  readonly usersMax: number;
  readonly unjoinedMs: number;
  readonly intervalMs: number;
  readonly spacingMs: number;
}

interface NaiveRoom {
  readonly id: string;
  name: string;
  description: string;
  host: string | undefined;
  hostId: string | undefined;
  creator: number | undefined;
  readonly createdAt: number;
  readonly participants: Map<string, { readonly id: string; readonly name: string; readonly holders: Set<number> }>;
}

interface NaiveClient {
  readonly channels: Set<string>;
  readonly users: Set<string>;
}

// biome-ignore lint/suspicious/noExplicitAny: it reads frames as the seed did, trusting them
type Json = any;

const roomsChannel = "webrtc-dashboard-rooms";
const roomTypes = ["room-created", "user-joined-room", "user-left-room", "room-list-request"];

export class NaiveServer {
  readonly clients = new Map<number, NaiveClient>();
  readonly rooms = new Map<string, NaiveRoom>();
  /** What each client was sent since `take`: relays and answers as `[kind, …]`, states by name. */
  private sent = new Map<number, unknown[]>();
  private repeatAt: number | undefined;
  private now = 0;
  /** Of each kind of state, how far what was told is paid for, and whether more waits to be told. */
  private readonly told = { count: { paidUntil: 0, isPending: false }, list: { paidUntil: 0, isPending: false } };

  constructor(private readonly options: NaiveOptions) {}

  take(): Map<number, unknown[]> {
    const sent = this.sent;
    this.sent = new Map();
    return sent;
  }

  connect(id: number, now: number): void {
    this.now = now;
    if (this.clients.has(id)) return;
    this.clients.set(id, { channels: new Set(), users: new Set() });
    this.broadcastCount();
    this.tell(id, ["count", this.clients.size]);
  }

  disconnect(id: number, now: number): void {
    this.now = now;
    if (!this.clients.delete(id)) return;
    let changed = false;
    for (const room of [...this.rooms.values()]) {
      for (const participant of [...room.participants.values()])
        if (participant.holders.delete(id) && participant.holders.size === 0) {
          room.participants.delete(participant.id);
          changed = true;
          if (room.participants.size === 0) this.rooms.delete(room.id);
        }
      if (room.participants.size === 0 && room.creator === id && this.rooms.delete(room.id)) changed = true;
      if (room.creator === id) room.creator = undefined;
    }
    this.broadcastCount();
    if (changed) this.broadcastList();
  }

  tick(now: number): void {
    this.now = now;
    let hasExpired = false;
    const isDue = this.repeatAt !== undefined && this.repeatAt <= now;
    for (const room of [...this.rooms.values()])
      if (room.participants.size === 0 && room.createdAt + this.options.unjoinedMs <= now)
        hasExpired = this.rooms.delete(room.id);
    if (hasExpired) this.broadcastList();
    else if (isDue) this.tellList();
    else if (this.told.list.isPending && this.mayTell("list")) this.broadcastList();
    if (this.told.count.isPending && this.mayTell("count")) this.broadcastCount();
    if (isDue && this.repeatAt !== undefined && this.repeatAt <= now) this.repeatAt = now + this.options.intervalMs;
  }

  /** The repetition of the list begins with the first room and ends with the last. */
  settle(now: number): void {
    if (this.rooms.size === 0) this.repeatAt = undefined;
    else this.repeatAt ??= now + this.options.intervalMs;
  }

  receive(id: number, text: string, now: number): void {
    this.now = now;
    const client = this.clients.get(id);
    if (client === undefined) return;
    let message: Json;
    try {
      message = JSON.parse(text);
    } catch {
      this.tell(id, ["echo", text]);
      return;
    }
    const body = message.data === undefined ? message : message.data;
    const isOnRooms = message.channel === undefined || message.channel === roomsChannel;
    if (message.type === "ping") this.tell(id, ["pong"]);
    else if (message.type === "subscribe") {
      if (client.channels.has(message.channel)) return;
      if (client.channels.size >= this.options.channelsMax) this.refuse(id, "too-many-channels");
      else client.channels.add(message.channel);
    } else if (message.type === "unsubscribe") client.channels.delete(message.channel);
    else if (isOnRooms && roomTypes.includes(message.type)) this.roomMessage(id, message.type, body, { text, now });
    else if (message.channel === undefined) this.refuse(id, "no-channel");
    else {
      if (typeof body.fromUserId === "string") this.remember(client, body.fromUserId);
      const to = typeof body.toUserId === "string" && !this.options.flood ? body.toUserId : undefined;
      this.relay(id, message.channel, text, to);
    }
  }

  private roomMessage(id: number, type: string, body: Json, { text, now }: { text: string; now: number }): void {
    if (type === "room-list-request") {
      if (this.told.list.paidUntil <= this.now) this.broadcastList();
      this.tell(id, ["list", this.list()]);
    } else if (type === "room-created") this.create(id, body, now);
    else if (type === "user-joined-room") this.join(id, body, text);
    else this.leave(id, body, text);
  }

  private create(id: number, body: Json, now: number): void {
    const room = this.rooms.get(body.id);
    if (room === undefined) {
      const created = [...this.rooms.values()].filter(({ creator }) => creator === id).length;
      if (created >= this.options.createdMax || this.rooms.size >= this.options.roomsMax)
        return this.refuse(id, "too-many-rooms");
      const { name, description = "", host, hostId } = body;
      this.rooms.set(body.id, {
        id: body.id,
        name,
        description,
        host,
        hostId,
        creator: id,
        createdAt: now,
        participants: new Map(),
      });
      return this.broadcastList();
    }
    const { name, description = room.description, hostId } = body;
    const isRepeated = room.hostId === hostId && room.name === name && room.description === description;
    const isOthers = room.hostId !== undefined && hostId !== undefined && room.hostId !== hostId;
    if (!(isRepeated && hostId !== undefined) && (isOthers || !this.isHost(id, room)))
      return this.refuse(id, "room-exists");
    const before = JSON.stringify(this.list());
    room.name = body.name;
    room.description = body.description ?? room.description;
    room.hostId ??= body.hostId;
    if (JSON.stringify(this.list()) === before) this.tell(id, ["list", this.list()]);
    else this.broadcastList();
  }

  private join(id: number, body: Json, text: string): void {
    const room = this.rooms.get(body.roomId);
    if (room === undefined) return this.refuse(id, "room-not-found");
    const participant = room.participants.get(body.userId);
    if (participant?.holders.has(id)) return this.tell(id, ["list", this.list()]);
    if (participant === undefined && room.participants.size >= this.options.participantsMax)
      return this.refuse(id, "room-full");
    const seats = [...this.rooms.values()].flatMap((r) =>
      [...r.participants.values()].filter((p) => p.holders.has(id)),
    );
    if (seats.length >= this.options.seatsMax) return this.refuse(id, "too-many-rooms");
    const before = JSON.stringify(this.list());
    if (participant === undefined)
      room.participants.set(body.userId, { id: body.userId, name: body.userName, holders: new Set([id]) });
    else participant.holders.add(id);
    if (room.hostId === undefined && room.creator === id) {
      room.hostId = body.userId;
      room.host ??= body.userName;
    }
    const client = this.clients.get(id);
    if (client !== undefined) this.remember(client, body.userId);
    if (JSON.stringify(this.list()) !== before) this.broadcastList();
    if (participant !== undefined) this.tell(id, ["list", this.list()]);
    if (this.options.relayRoomEvents) this.relay(id, roomsChannel, text, undefined);
  }

  private leave(id: number, body: Json, text: string): void {
    const room = this.rooms.get(body.roomId);
    if (room === undefined) return this.refuse(id, "room-not-found");
    const participant = room.participants.get(body.userId);
    if (!participant?.holders.has(id) && !this.isHost(id, room)) return this.refuse(id, "not-allowed");
    if (participant === undefined) return this.tell(id, ["list", this.list()]);
    if (participant.holders.has(id) && [...participant.holders][0] !== id) {
      participant.holders.delete(id);
      return this.tell(id, ["list", this.list()]);
    }
    room.participants.delete(body.userId);
    if (room.participants.size === 0) this.rooms.delete(room.id);
    this.broadcastList();
    if (this.options.relayRoomEvents) this.relay(id, roomsChannel, text, undefined);
  }

  /** One more user than the limit is remembered: a client that acts for so many is sent everything. */
  private remember({ users }: NaiveClient, user: string): void {
    if (users.size <= this.options.usersMax) users.add(user);
  }

  private isHost(id: number, room: NaiveRoom): boolean {
    const [first] = room.participants.get(room.hostId ?? "")?.holders ?? [];
    return room.creator === id || first === id;
  }

  private relay(from: number, channel: string, text: string, to: string | undefined): void {
    for (const [id, { channels, users }] of this.clients) {
      if (id === from || !channels.has(channel)) continue;
      const isForOthers = to !== undefined && users.size > 0 && users.size <= this.options.usersMax && !users.has(to);
      if (!isForOthers) this.tell(id, ["relay", text]);
    }
  }

  list(): unknown {
    return [...this.rooms.values()].map(({ id, name, description, host, hostId, participants }) => ({
      id,
      name,
      description,
      host,
      hostId,
      participantCount: participants.size,
      participants: [...participants.values()].map((p) => ({ id: p.id, name: p.name })),
    }));
  }

  private mayTell(kind: "count" | "list"): boolean {
    return this.told[kind].paidUntil - 7 * this.options.spacingMs <= this.now;
  }

  /** Whether it is told now; what is not told now is told by a later tick. */
  private mayTellOnce(kind: "count" | "list"): boolean {
    const told = this.told[kind];
    told.isPending = !this.mayTell(kind);
    if (!told.isPending) told.paidUntil = Math.max(told.paidUntil, this.now) + this.options.spacingMs;
    return !told.isPending;
  }

  private broadcastCount(): void {
    if (!this.mayTellOnce("count")) return;
    for (const id of this.clients.keys()) this.tell(id, ["count", this.clients.size]);
  }

  private broadcastList(): void {
    if (this.mayTellOnce("list")) this.tellList();
  }

  private tellList(): void {
    this.told.list.isPending = false;
    for (const [id, { channels }] of this.clients) if (channels.has(roomsChannel)) this.tell(id, ["list", this.list()]);
  }

  private refuse(id: number, code: string): void {
    this.tell(id, ["error", code]);
  }

  private tell(id: number, what: ReadonlyArray<unknown>): void {
    const sent = this.sent.get(id) ?? [];
    // States are compared once a step, wherever in it they were sent.
    if (
      !sent.some(
        (other) => JSON.stringify(other) === JSON.stringify(what) && (what[0] === "list" || what[0] === "count"),
      )
    )
      sent.push(JSON.parse(JSON.stringify(what)));
    this.sent.set(id, sent);
  }
}
