import { useEffect, useRef } from "preact/hooks";
import { BidiText } from "./bidi.js";
import type { ChatEntry } from "./call.js";
import { onSubmit } from "./form.js";
import { timeOf } from "./words.js";

interface ChatProps {
  readonly chat: ReadonlyArray<ChatEntry>;
  readonly say: (text: string) => void;
}

const textCharsMax = 4_000;

export const Chat = ({ chat, say }: ChatProps) => (
  <section class="card chat" aria-labelledby="chat-title">
    <h2 id="chat-title">Chat</h2>
    <Log chat={chat} />
    <form
      class="inline-form"
      onSubmit={onSubmit(({ text }, form) => {
        if (!text) return;
        say(text);
        form.reset();
      })}
    >
      <label class="field">
        <span class="visually-hidden">Message</span>
        <input name="text" maxLength={textCharsMax} autocomplete="off" placeholder="Write a message" />
      </label>
      <button type="submit">Send</button>
    </form>
  </section>
);

const Log = ({ chat }: Pick<ChatProps, "chat">) => {
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  // A reader who has scrolled up is not moved.
  useEffect(() => {
    if (isAtEnd.current) log.current?.scrollTo(0, log.current.scrollHeight);
  }, [chat]);
  useEffect(() => {
    if (log.current === null) return;
    const box = log.current;
    const observer = new ResizeObserver(() => isAtEnd.current && box.scrollTo(0, box.scrollHeight));
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
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
      {chat.length === 0 && <p class="empty">No messages yet. They go to everybody in the room.</p>}
      {chat.map((entry) => (
        <Entry key={entry.key} entry={entry} />
      ))}
    </div>
  );
};

const Entry = ({ entry }: { readonly entry: ChatEntry }) => {
  if (entry.kind === "event")
    return (
      <p class="chat-event">
        <BidiText text={entry.text} />
      </p>
    );
  const { at, name, isMine, text, problem } = entry;
  return (
    <div class={isMine ? "message own-message" : "message"}>
      <p class="message-head">
        <strong>{isMine ? "You" : <bdi>{name}</bdi>}</strong>{" "}
        <time dateTime={new Date(at).toISOString()}>{timeOf(at)}</time>
      </p>
      <p class="message-text" dir="auto">
        {text}
      </p>
      {problem !== undefined && <p class="warning">Not sent. {problem}</p>}
    </div>
  );
};
