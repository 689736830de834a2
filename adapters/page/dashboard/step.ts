import type { Outgoing } from "../wire/message.js";
import type { ChatEntry, State } from "./state.js";

/** What the store does outside the state: on the socket, with the peers, or in the browser's storage. */
export type Command =
  | { readonly kind: "Send"; readonly message: Outgoing }
  | { readonly kind: "ConnectPeer"; readonly id: string }
  | { readonly kind: "DropPeer"; readonly id: string }
  | { readonly kind: "RetryPeer"; readonly id: string }
  | { readonly kind: "DropAllPeers" }
  | { readonly kind: "SendText"; readonly at: number; readonly text: string }
  | { readonly kind: "Disconnect" }
  | { readonly kind: "SaveName"; readonly name: string };

/** A pure step: the next state, and the commands to carry out. */
export type Step = (state: State) => readonly [State, ReadonlyArray<Command>];

export const noChange: Step = (state) => [state, []];

export const send =
  (...messages: ReadonlyArray<Outgoing>): Step =>
  (state) => [state, messages.map((message) => ({ kind: "Send", message }))];

export const command =
  (...commands: ReadonlyArray<Command>): Step =>
  (state) => [state, commands];

export const change =
  (part: Partial<State>): Step =>
  (state) => [{ ...state, ...part }, []];

export const showNotice = (text: string): Step => change({ notice: text });

export const sequence =
  (...steps: ReadonlyArray<Step>): Step =>
  (state) => {
    let current = state;
    const commands: Command[] = [];
    for (const step of steps) {
      const [next, more] = step(current);
      current = next;
      commands.push(...more);
    }
    return [current, commands];
  };

const chatEntriesMax = 500;

type WithoutKey<E> = E extends ChatEntry ? Omit<E, "key"> : never;

export const addToChat =
  (entry: WithoutKey<ChatEntry>): Step =>
  (state) => [
    {
      ...state,
      nextKey: state.nextKey + 1,
      chat: [...state.chat, { ...entry, key: state.nextKey }].slice(-chatEntriesMax),
    },
    [],
  ];

export const addEventToChat = (at: number, text: string): Step => addToChat({ kind: "event", at, text });
