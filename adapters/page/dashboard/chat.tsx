import { useEffect, useRef } from "preact/hooks";
import { BidiText, isolateBidi } from "./bidi.js";
import { textCharsMax } from "./chat-message.js";
import { onSubmit } from "./forms.js";
import type { ChatEntry, Event, State } from "./state.js";

interface ChatProps {
  readonly state: State;
  readonly dispatch: (event: Event) => void;
}

export const Chat = ({ state, dispatch }: ChatProps) => {
  const canSend = state.peers.some(({ progress }) => progress.stage === "open");
  return (
    <section class="chat card" aria-labelledby="chat-title">
      <h2 id="chat-title">Chat</h2>
      <Log chat={state.chat} myId={state.me.id} />
      <form
        class="inline-form"
        onSubmit={onSubmit(({ text }, form) => {
          if (!text || !canSend) return;
          dispatch({ kind: "TextEntered", at: Date.now(), text });
          form.reset();
        })}
      >
        <label class="field">
          <span class="visually-hidden">Message</span>
          <input name="text" maxLength={textCharsMax} autocomplete="off" placeholder="Write a message" />
        </label>
        <button type="submit" disabled={!canSend}>
          Send
        </button>
      </form>
      <p class="note">
        {canSend
          ? "Messages go directly to everyone you are connected to, not through the server."
          : "You can send messages as soon as you are connected to somebody."}
      </p>
    </section>
  );
};

const Log = ({ chat, myId }: { readonly chat: ReadonlyArray<ChatEntry>; readonly myId: string }) => {
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  // A reader who has scrolled up is not moved.
  useEffect(() => {
    if (isAtEnd.current) log.current?.scrollTo(0, log.current.scrollHeight);
  }, [chat]);
  return (
    <div
      class="log"
      role="log"
      aria-label="Messages"
      aria-live="polite"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: so that it can be scrolled by keyboard
      tabIndex={0}
      ref={log}
      onScroll={({ currentTarget: box }) => {
        isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
      }}
    >
      {chat.length === 0 && <p class="empty">No messages yet. Messages are not stored anywhere.</p>}
      {chat.map((entry) => (
        <Entry key={entry.key} entry={entry} myId={myId} />
      ))}
    </div>
  );
};

const Entry = ({ entry, myId }: { readonly entry: ChatEntry; readonly myId: string }) => {
  if (entry.kind === "event")
    return (
      <p class="chat-event">
        <BidiText text={entry.text} />
      </p>
    );
  const { at, from, text, missed } = entry;
  const isMine = from.id === myId;
  return (
    <div class={isMine ? "message own-message" : "message"}>
      <p class="message-head">
        <strong>{isMine ? "You" : <bdi>{from.name}</bdi>}</strong> <Time at={at} />
      </p>
      <p class="message-text" dir="auto">
        {text}
      </p>
      {missed.length > 0 && (
        <p class="warning">
          <BidiText text={`Not sent to ${missed.map(isolateBidi).join(", ")}: not connected.`} />
        </p>
      )}
    </div>
  );
};

const Time = ({ at }: { readonly at: number }) => {
  const time = new Date(at);
  return (
    <time dateTime={time.toISOString()}>{time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}</time>
  );
};
