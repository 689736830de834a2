import type { DeliveryStatus, WebhookConfig } from "./deliver.js";
import type { HistoryFact } from "./facts.js";
import type { Answer, Query } from "./page.js";

/** What the keeper needs to know. */
export interface KeeperOptions {
  readonly path: string;
  readonly daysMax: number;
  readonly bytesMax: number;
  readonly webhook: WebhookConfig | undefined;
  /** The time of the server, in ms since 1970 UTC. */
  readonly now: number;
  /** Whether a keeper before it has begun this run of the server. */
  readonly hasBegun: boolean;
}

/** What the server asks of the keeper, the process that has the database. */
export type Order =
  /** The first one. */
  | { readonly kind: "open"; readonly options: KeeperOptions }
  /**
   * One group at a time: the next one follows its answer. `after`: the last fact that is known to be on the disk. Where there is a later
   * one, it is of this group, and a keeper that has ended since has written it.
   */
  | { readonly kind: "write"; readonly facts: ReadonlyArray<HistoryFact>; readonly after: number | undefined }
  | { readonly kind: "query"; readonly id: number; readonly query: Query }
  | { readonly kind: "close"; readonly at: number };

/** What the keeper says. */
export type Report =
  /** It keeps the history from now on: the file is open, or `error`, which `disk` has said before, says why it is not yet. */
  | { readonly kind: "opened"; readonly error: string | undefined }
  /** The file is none that a history can be in. */
  | { readonly kind: "unfit"; readonly why: string }
  /** The run has begun, and what an earlier one had left open has ended. `last`: the last fact that is on the disk. */
  | { readonly kind: "begun"; readonly last: number }
  | { readonly kind: "written"; readonly last: number }
  /** The group is not on the disk. */
  | { readonly kind: "unwritten" }
  /** Whether the disk works; undefined where it does. */
  | { readonly kind: "disk"; readonly error: string | undefined }
  | { readonly kind: "page"; readonly id: number; readonly page: Answer }
  | { readonly kind: "no page"; readonly id: number; readonly why: string }
  | { readonly kind: "webhooks"; readonly status: DeliveryStatus }
  /** Facts will not be delivered. */
  | { readonly kind: "undelivered"; readonly facts: number; readonly why: string }
  | { readonly kind: "closed" };
