import type { FailureReason, Participant, Room, SignalboxError } from "../../client/index.js";
import { isolateBidi } from "./bidi.js";
import { type LocalMedia, localMedia } from "./local-media.js";
import { endingText, errorText, leftText } from "./words.js";

export type ChatEntry = { readonly key: number; readonly at: number } & (
  | { readonly kind: "event"; readonly text: string }
  | {
      readonly kind: "said";
      readonly name: string;
      readonly isMine: boolean;
      readonly text: string;
      /** Why it was not sent. */
      readonly problem?: string;
    }
);

/** What this window knows of the room that it is in, beside the room itself. */
export interface Call {
  readonly room: Room;
  readonly media: LocalMedia;
  readonly chat: ReadonlyArray<ChatEntry>;
  /** By user: why they could not be reached. */
  readonly failures: ReadonlyMap<string, FailureReason>;
  /** The id of the stream that is somebody's screen, by user. */
  readonly screens: ReadonlyMap<string, string>;
  /** Why something that was asked for did not happen. */
  readonly problem: string | undefined;
  readonly say: (text: string) => void;
  /** Does something, and tells if it could not be done. */
  readonly attempt: (what: () => Promise<unknown>) => void;
  readonly dismiss: () => void;
}

export interface CallHost {
  readonly redraw: () => void;
  /** `ending`: in words. */
  readonly over: (ending: string) => void;
}

/** What pages tell each other through the server. Other clients may say anything, a string for one. */
type Told =
  | { readonly kind: "chat"; readonly text: string }
  | { readonly kind: "screen"; readonly stream: string | null };

const toldBy = (data: unknown): Told | undefined => {
  if (typeof data === "string") return { kind: "chat", text: data };
  if (typeof data !== "object" || data === null || !("kind" in data)) return undefined;
  if (data.kind === "chat" && "text" in data && typeof data.text === "string") return { kind: "chat", text: data.text };
  if (data.kind !== "screen" || !("stream" in data)) return undefined;
  return { kind: "screen", stream: typeof data.stream === "string" ? data.stream : null };
};

const chatMax = 500;

export const openCall = (room: Room, { redraw, over }: CallHost): Call => {
  const failures = new Map<string, FailureReason>();
  const screens = new Map<string, string>();
  let chat: ReadonlyArray<ChatEntry> = [];
  let problem: string | undefined;
  let last = 0;
  let shared: string | null = null;
  /** While it is not, everybody may seem to leave and to come again. */
  let wasJoined = true;

  const add = (entry: DistributedOmit<ChatEntry, "key" | "at">): number => {
    chat = [...chat, { ...entry, key: ++last, at: Date.now() }].slice(-chatMax);
    redraw();
    return last;
  };
  const note = (text: string): void => void add({ kind: "event", text });
  const tell = (text: string | undefined): void => {
    problem = text;
    redraw();
  };
  const fail = (error: unknown): void => tell(errorText(error));

  const tellScreen = (to?: Participant): void => {
    const told: Told = { kind: "screen", stream: shared };
    // Whoever is gone in the meantime need not know.
    room.say(told, to ? { to } : {}).catch(() => {});
  };
  const changed = (): void => {
    tell(undefined);
    room.setMedia(media.streams());
    const now = media.screen?.id ?? null;
    if (now === shared) return;
    shared = now;
    tellScreen();
  };
  const media = localMedia({ changed, redraw, failed: tell });

  const hear = (from: Participant, data: unknown): void => {
    const told = toldBy(data);
    if (told?.kind === "chat") add({ kind: "said", name: from.name, isMine: false, text: told.text });
    if (told?.kind !== "screen") return;
    if (told.stream === null) screens.delete(from.user);
    else screens.set(from.user, told.stream);
  };

  const arrived = ({ participant }: { readonly participant: Participant }): void => {
    if (shared !== null && !participant.isMe) tellScreen(participant);
  };

  room.on("joined", (event) => {
    arrived(event);
    if (room.state === "joined") note(`${isolateBidi(event.participant.name)} joined.`);
  });
  room.on("back", (event) => {
    arrived(event);
    if (!event.participant.isMe) note(`${isolateBidi(event.participant.name)} is back.`);
  });
  room.on("away", ({ participant }) => {
    if (!participant.isMe) note(`${isolateBidi(participant.name)} is away.`);
  });
  room.on("left", ({ participant, reason }) => {
    failures.delete(participant.user);
    screens.delete(participant.user);
    if (!participant.isMe && room.state === "joined") note(leftText(participant.name, reason));
  });
  room.on("role", ({ participant, role }) => {
    const [who, is] = participant.isMe ? ["You", "are"] : [isolateBidi(participant.name), "is"];
    if (role === "host") note(`${who} ${is} the host now.`);
    else if (role === "cohost") note(`${who} ${is} a co-host now.`);
    else note(`${who} ${is} neither host nor co-host any more.`);
  });
  room.on("locked", ({ locked }) => note(locked ? "The room is locked." : "The room is unlocked."));
  room.on("message", ({ from, data }) => hear(from, data));
  room.on("track", ({ stream }) => stream.addEventListener("removetrack", redraw));
  room.on("failed", ({ participant, error }) => failures.set(participant.user, error.reason ?? "unreachable"));
  room.on("connection", ({ participant, state }) => {
    if (state !== "failed") failures.delete(participant.user);
  });
  room.on("gap", ({ participants }) =>
    note(`Some messages of ${participants.map(({ name }) => isolateBidi(name)).join(", ")} may be missing.`),
  );
  room.on("error", (error: SignalboxError) => fail(error));
  room.on("closed", ({ reason, until }) => {
    media.stop();
    over(endingText(reason, until));
  });
  room.on("change", () => {
    const isJoined = room.state === "joined";
    if (isJoined && !wasJoined) note("The connection was lost for too long. You have joined again.");
    wasJoined = isJoined;
    redraw();
  });

  return {
    room,
    media,
    failures,
    screens,
    get chat() {
      return chat;
    },
    get problem() {
      return problem;
    },
    say: (text) => {
      const key = add({ kind: "said", name: room.me.name, isMine: true, text });
      room.say({ kind: "chat", text } satisfies Told).catch((error) => {
        chat = chat.map((it) => (it.key === key ? { ...it, problem: errorText(error) } : it));
        redraw();
      });
    },
    attempt: (what) => {
      tell(undefined);
      what().catch(fail);
    },
    dismiss: () => tell(undefined),
  };
};

type DistributedOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
