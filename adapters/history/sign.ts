import { createHmac } from "node:crypto";

const prefix = "whsec_";

/** Completes the sentence "it must be …" about a secret. */
export const webhookSecretRule = `${prefix} and the base64 of 24 to 64 bytes, as from: echo ${prefix}$(openssl rand -base64 32)`;

/** Whether a secret is written as Standard Webhooks writes it. */
export const isWebhookSecret = (text: string): boolean => {
  const encoded = text.slice(prefix.length);
  const key = Buffer.from(encoded, "base64");
  return text.startsWith(prefix) && key.length >= 24 && key.length <= 64 && key.toString("base64") === encoded;
};

export interface Signed {
  /** The same at each attempt. */
  readonly id: string;
  readonly body: string;
  /** Of the attempt, in s since 1970. */
  readonly atS: number;
}

/** The headers of a webhook (https://www.standardwebhooks.com, "Webhook Headers"). */
export const webhookHeaders = (secret: string, { id, body, atS }: Signed): Readonly<Record<string, string>> => {
  const key = Buffer.from(secret.slice(prefix.length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${atS}.${body}`).digest("base64");
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(atS),
    "webhook-signature": `v1,${signature}`,
  };
};
