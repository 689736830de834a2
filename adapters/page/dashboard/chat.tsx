import { useEffect, useRef } from "preact/hooks";
import { submitted } from "./form.js";
import { isolated } from "./isolate.js";
import { Sentence } from "./sentence.js";
import type { Event, State, Utterance } from "./state.js";
import { textCharsMax } from "./talk.js";

interface ChatProps {
  readonly state: State;
  readonly tell: (event: Event) => void;
}

export const Chat = ({ state, tell }: ChatProps) => {
  const canReach = state.peers.some(({ progress }) => progress.stage === "open");
  return (
    <section class="chat card" aria-labelledby="chat-title">
      <h2 id="chat-title">Chat</h2>
      <Log talk={state.talk} me={state.me.id} />
      <form
        class="one-line"
        onSubmit={submitted(({ text }, form) => {
          if (!text || !canReach) return;
          tell({ kind: "TextSaid", at: Date.now(), text });
          form.reset();
        })}
      >
        <label class="field">
          <span class="unseen">Message</span>
          <input name="text" maxLength={textCharsMax} autocomplete="off" placeholder="Say something" />
        </label>
        <button type="submit" disabled={!canReach}>
          Send
        </button>
      </form>
      <p class="aside">
        {canReach
          ? "Goes directly to everyone who is connected, not through the server."
          : "You can send as soon as somebody is connected."}
      </p>
    </section>
  );
};

const Log = ({ talk, me }: { readonly talk: ReadonlyArray<Utterance>; readonly me: string }) => {
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  // Who has scrolled up to read is left there.
  useEffect(() => {
    if (isAtEnd.current) log.current?.scrollTo(0, log.current.scrollHeight);
  }, [talk]);
  return (
    <div
      class="log"
      role="log"
      aria-label="Messages"
      aria-live="polite"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must be able to scroll it
      tabIndex={0}
      ref={log}
      onScroll={({ currentTarget: box }) => {
        isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
      }}
    >
      {talk.length === 0 && <p class="empty">Nothing that is said here is stored.</p>}
      {talk.map((utterance) => (
        <Line key={utterance.key} utterance={utterance} me={me} />
      ))}
    </div>
  );
};

const Line = ({ utterance, me }: { readonly utterance: Utterance; readonly me: string }) => {
  if (utterance.kind === "happened")
    return (
      <p class="happened">
        <Sentence text={utterance.text} />
      </p>
    );
  const { at, from, text, missed } = utterance;
  const isMine = from.id === me;
  return (
    <div class={isMine ? "said said-mine" : "said"}>
      <p class="said-head">
        <strong>{isMine ? "You" : <bdi>{from.name}</bdi>}</strong> <Clock at={at} />
      </p>
      <p class="said-text" dir="auto">
        {text}
      </p>
      {missed.length > 0 && (
        <p class="warning">
          <Sentence text={`Did not reach ${missed.map(isolated).join(", ")}.`} />
        </p>
      )}
    </div>
  );
};

const Clock = ({ at }: { readonly at: number }) => {
  const time = new Date(at);
  return (
    <time dateTime={time.toISOString()}>{time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}</time>
  );
};
