import { isEverywhere } from "../observe/log.js";
import { type Config, keyNames } from "./config.js";

/** What the operator should know before others find out, a sentence each. */
export const warningsFor = (config: Config): ReadonlyArray<string> => [
  ...(config.isProduction ? [...openProduction(config), ...forgetfulProduction(config)] : []),
  ...(config.metricsPort !== undefined && isEverywhere(config.metricsHost ?? config.host)
    ? [
        "METRICS_PORT is open on all addresses of this machine, and names rooms and people: set METRICS_HOST=127.0.0.1, or keep the port from the public.",
      ]
    : []),
  ...(config.stunServers.length === 0 && config.turnUrls.length === 0
    ? ["STUN_SERVERS is not set: peers can connect only on this machine or in one local network."]
    : []),
];

/** Where tokens say who somebody is, a new server knows them. With `data`, the secret is kept there. */
const forgetfulProduction = ({ auth, sessionSecret, data }: Config): ReadonlyArray<string> =>
  auth === undefined && sessionSecret === undefined && data === undefined
    ? ["SESSION_SECRET is not set: after a restart all users are somebody else, and every call is interrupted."]
    : [];

/** One warning for all that stands open. */
const openProduction = ({ auth, allowedOrigins, settings }: Config): ReadonlyArray<string> => {
  const [last] = keyNames.slice(-1);
  const open = [
    auth === undefined ? `no authentication (set ${keyNames.slice(0, -1).join(", ")} or ${last})` : "",
    allowedOrigins === undefined ? "pages of all origins may connect (set ALLOWED_ORIGINS)" : "",
    settings.limits.messagesPerSecond === 0 ? "no rate limit (set MESSAGES_PER_SECOND)" : "",
  ].filter((door) => door !== "");
  return open.length === 0 ? [] : [`This server is open: ${open.join("; ")}.`];
};
