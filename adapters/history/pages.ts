import * as E from "fp-ts/lib/Either.js";
import type { Answer, Query } from "./page.js";

/** The questions that are with the keeper. */
export interface Pages {
  /** Left: a sentence that says why there is no answer now. */
  readonly ask: (query: Query) => Promise<E.Either<string, Answer>>;
  readonly answer: (id: number, answer: E.Either<string, Answer>) => void;
}

/** The keeper answers one after the other. */
const waitingMax = 16;
const answerMs = 5_000;

export const pagesOf = (put: (id: number, query: Query) => void): Pages => {
  const waiting = new Map<number, (answer: E.Either<string, Answer>) => void>();
  let lastId = 0;
  const answer: Pages["answer"] = (id, what) => {
    waiting.get(id)?.(what);
    waiting.delete(id);
  };
  return {
    ask: (query) => {
      if (waiting.size >= waitingMax) return Promise.resolve(E.left("the history has too many questions to answer"));
      return new Promise((resolve) => {
        const id = ++lastId;
        const late = setTimeout(
          () => answer(id, E.left(`the history has not answered within ${answerMs} ms`)),
          answerMs,
        );
        waiting.set(id, (what) => {
          clearTimeout(late);
          resolve(what);
        });
        put(id, query);
      });
    },
    answer,
  };
};
