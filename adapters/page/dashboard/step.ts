import type { Said } from "./message.js";
import type { State, Utterance } from "./state.js";

/** An order to the socket, to the peers or to the browser's memory. */
export type Command =
  | { readonly kind: "Send"; readonly message: Said }
  | { readonly kind: "Meet"; readonly id: string }
  | { readonly kind: "Part"; readonly id: string }
  | { readonly kind: "Retry"; readonly id: string }
  | { readonly kind: "Tell"; readonly at: number; readonly text: string }
  /** Parts from everybody. */
  | { readonly kind: "HangUp" }
  | { readonly kind: "CloseLine" }
  | { readonly kind: "Remember"; readonly name: string };

export type Step = (state: State) => readonly [State, ReadonlyArray<Command>];

export const nothing: Step = (state) => [state, []];

export const send =
  (...messages: ReadonlyArray<Said>): Step =>
  (state) => [state, messages.map((message) => ({ kind: "Send", message }))];

export const order =
  (...commands: ReadonlyArray<Command>): Step =>
  (state) => [state, commands];

export const change =
  (part: Partial<State>): Step =>
  (state) => [{ ...state, ...part }, []];

export const notice = (text: string): Step => change({ notice: text });

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

const utterancesMax = 500;

type Unkeyed<U> = U extends Utterance ? Omit<U, "key"> : never;

export const record =
  (utterance: Unkeyed<Utterance>): Step =>
  (state) => [
    {
      ...state,
      nextKey: state.nextKey + 1,
      talk: [...state.talk, { ...utterance, key: state.nextKey }].slice(-utterancesMax),
    },
    [],
  ];

export const happened = (at: number, text: string): Step => record({ kind: "happened", at, text });
