import type { ClientId, Millis } from "../../core/index.js";

export interface DrainPorts {
  readonly now: () => Millis;
  /** Tells a client in how many ms it is sent away. */
  readonly announce: (client: ClientId, inMs: number) => void;
  readonly sendAway: (client: ClientId) => void;
  /** Everybody has been sent away, and has had time to go. */
  readonly over: () => void;
}

/** A client is told so long before it is sent away, or a quarter of the whole time, if that is less. */
const noticeMsMax = 1_000;
/** The last has so long to answer its close, or an eighth of the whole time, if that is less. */
const answerMsMax = 500;
const stepMs = 20;

/**
 * When each of so many clients is sent away, in ms from the beginning: evenly spread, so that whoever takes them over gets
 * as many in each second. After the last moment there is time to answer.
 */
export const momentsOf = (clients: number, overMs: number): ReadonlyArray<number> => {
  const noticeMs = noticeMsOf(overMs);
  const spreadMs = overMs - answerMsOf(overMs) - noticeMs;
  return Array.from({ length: clients }, (_, i) => noticeMs + (i * spreadMs) / clients);
};

export const noticeMsOf = (overMs: number): number => Math.min(noticeMsMax, overMs / 4);
export const answerMsOf = (overMs: number): number => Math.min(answerMsMax, overMs / 8);

/** Sends clients away one by one, in their order, over so many ms. */
export const sendAllAway = (clients: ReadonlyArray<ClientId>, overMs: number, ports: DrainPorts): void => {
  const began = ports.now();
  const noticeMs = noticeMsOf(overMs);
  const moments = momentsOf(clients.length, overMs);
  const waiting = clients.map((client, i) => ({ client, moment: moments[i] ?? overMs }));
  let announced = 0;
  let sent = 0;

  const step = (): void => {
    const elapsed = ports.now() - began;
    for (let next = waiting[announced]; next && next.moment - noticeMs <= elapsed; next = waiting[++announced])
      ports.announce(next.client, Math.max(0, Math.round(next.moment - elapsed)));
    for (let next = waiting[sent]; next && next.moment <= elapsed; next = waiting[++sent]) ports.sendAway(next.client);
    if (sent < waiting.length) setTimeout(step, stepMs).unref();
    // Not by a clock of its own: it could ring before the last step.
    else setTimeout(ports.over, answerMsOf(overMs));
  };
  // What has arrived in this turn of the event loop is answered first.
  setTimeout(step, 0).unref();
};
