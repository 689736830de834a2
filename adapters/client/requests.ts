import { SignalboxError } from "./error.js";
import type { Order, Result } from "./frames.js";

interface Pending {
  readonly order: Order;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: SignalboxError) => void;
  timer?: ReturnType<typeof setTimeout>;
}

/** How long an answer may take, not counting the time without a connection. */
export const answerMs = 10_000;

/** Requests that have no answer yet, by number. */
export const requests = (send: (order: Order, id: number) => void) => {
  const pending = new Map<number, Pending>();
  let last = 0;

  const take = (id: number): Pending | undefined => {
    const found = pending.get(id);
    clearTimeout(found?.timer);
    pending.delete(id);
    return found;
  };

  const wait = (id: number, request: Pending): void => {
    clearTimeout(request.timer);
    request.timer = setTimeout(() => {
      take(id)?.reject(new SignalboxError("timeout", `No answer to ${request.order.type} within ${answerMs} ms.`));
    }, answerMs);
  };

  return {
    /** `isConnected`: without a connection it is sent when there is one again. */
    ask: (order: Order, isConnected: boolean): Promise<Result> =>
      new Promise((resolve, reject) => {
        const id = ++last;
        const request: Pending = { order, resolve, reject };
        pending.set(id, request);
        if (!isConnected) return;
        send(order, id);
        wait(id, request);
      }),

    resolve: (result: Result): void => take(result.id)?.resolve(result),
    /** Whether there was such a request. */
    reject: (id: number, error: SignalboxError): boolean => {
      const found = take(id);
      found?.reject(error);
      return found !== undefined;
    },

    paused: (): void => {
      for (const { timer } of pending.values()) clearTimeout(timer);
    },

    /** The session goes on: what the server has not heard is sent again, the rest is still to be answered. */
    resumed: (heard: number): void => {
      last = Math.max(last, heard);
      for (const [id, request] of pending) {
        if (id > heard) send(request.order, id);
        wait(id, request);
      }
    },

    rejectAll: (error: SignalboxError): void => {
      for (const id of [...pending.keys()]) take(id)?.reject(error);
    },
  };
};
