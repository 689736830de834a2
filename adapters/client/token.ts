import { failure, type SignalboxError } from "./error.js";

export type TokenOption = string | (() => string | Promise<string>) | undefined;

export const tokenOf =
  (option: TokenOption): (() => Promise<string | undefined>) =>
  async () =>
    typeof option === "function" ? option() : option;

const beforeMs = 30_000;
const againMs = 1_000;
// A longer time-out would fire at once.
const timerMaxMs = 2 ** 31 - 1;

/** When to renew: well before the token expires, and for one that is short-lived at half of its time. */
export const renewalMs = (leftMs: number): number =>
  Math.min(timerMaxMs, Math.max(leftMs - beforeMs, leftMs / 2, againMs));

/** When to renew what the server gives out itself: at half of its time. */
export const halfLifeMs = (leftMs: number): number => Math.max(leftMs / 2, againMs);

/** Renews something before it expires, by default a token. `renew` answers when the new one does. */
export const renewal = (
  renew: () => Promise<number | undefined>,
  fail: (error: SignalboxError) => void,
  waitMs = renewalMs,
) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let expiresAt: number | undefined;

  const plan = (at: number | undefined): void => {
    clearTimeout(timer);
    expiresAt = at;
    if (at !== undefined) timer = setTimeout(due, waitMs(at - Date.now()));
  };

  const due = async (): Promise<void> => {
    const before = expiresAt;
    try {
      plan(await renew());
    } catch (cause) {
      fail(failure(cause));
      // Until it has expired there is time to try again. After that the server closes the socket, and the next hello has a new one.
      if (expiresAt === before && before !== undefined && before > Date.now()) plan(before);
    }
  };

  return { plan, cancel: (): void => clearTimeout(timer) };
};
