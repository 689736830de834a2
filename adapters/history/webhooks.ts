import { type Delivery, type DeliveryStatus, deliveryOf, type WebhookConfig } from "./deliver.js";
import type { Disk } from "./disk.js";
import type { Added, Outcome } from "./store.js";

export interface WebhooksOptions extends WebhookConfig {
  readonly pauseMs: number;
  readonly answerMs: number;
  readonly disk: () => Disk;
  /** Takes how it goes, when it has changed. */
  readonly told: (status: DeliveryStatus) => void;
  /** Takes the number of facts that will not be delivered, and why. */
  readonly undelivered: (facts: number, why: string) => void;
}

/** Deliveries whose outcomes are written to the disk in groups. What was not written is delivered again by the next run. */
export interface Webhooks extends Pick<Delivery, "add" | "free"> {
  /** Takes what a group has put into the queue. */
  readonly added: (added: Added) => void;
  readonly stop: () => void;
}

/** Between two groups, and between two reports. */
const settleMs = 100;

export const webhooksOf = ({ disk, told, undelivered, ...options }: WebhooksOptions): Webhooks => {
  let outcomes: Outcome[] = [];
  let dropped: { facts: number; why: string } | undefined;
  let isSettling = false;

  const settle = (): void => {
    isSettling = false;
    told(delivery.status());
    if (dropped !== undefined) undelivered(dropped.facts, dropped.why);
    dropped = undefined;
    if (outcomes.length === 0) return;
    if (disk().on((store) => store.settle(outcomes)) === undefined) soon();
    else outcomes = [];
  };

  const soon = (): void => {
    if (!isSettling) setTimeout(settle, settleMs);
    isSettling = true;
  };

  const delivery = deliveryOf({
    ...options,
    bodyOf: (seq) => disk().store().bodyOf(seq),
    settled: (outcome) => {
      outcomes.push(outcome);
      soon();
    },
    dropped: (facts, why) => {
      dropped = { facts: facts + (dropped?.facts ?? 0), why };
      soon();
    },
  });

  return {
    add: delivery.add,
    free: delivery.free,
    added: ({ queued, refused }) => {
      delivery.add(queued);
      if (refused > 0) delivery.refused(refused);
      soon();
    },
    stop: () => {
      delivery.stop();
      settle();
    },
  };
};
