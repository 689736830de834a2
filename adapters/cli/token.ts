import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import * as E from "fp-ts/lib/Either.js";
import { abilities, defaultLimits, lobbyGrants, roomRoles, sessionGrants } from "../../core/index.js";
import { isSecret, secretRule } from "../auth/keys.js";
import { mint } from "../auth/mint.js";
import { type AuthConfig, verifier } from "../auth/verifier.js";
import { misused } from "./options.js";
import { end, say } from "./terminal.js";

const usage = `Usage: signalbox token --user ID [option …]

Prints a token for trying out, signed with AUTH_JWT_SECRET. Without it, with a new secret, which is shown on standard
error. Of AUTH_ISSUER and AUTH_AUDIENCE the token has what is set. Nothing else goes to standard output.

  --user ID       the user's id
  --name NAME     what others see
  --room ROOM     a room that the user may enter, or a pattern: * stands for any characters; may be repeated. Default: all
  --can LIST      what the user may do: some of ${abilities.join(",")}. Default: all
  --role ROLE     one of ${roomRoles.join(", ")}. Default: participant
  --lobby WHAT    one of ${lobbyGrants.join(", ")}. Default: wait
  --sessions WHAT one of ${sessionGrants.join(", ")}: what a further session of the user does. Default: newest
  --history       the user may read the history of these rooms
  --ttl TIME      how long the token is good: a number and s, m, h or d. Default: 1h

  signalbox token --user ann --name Ann --room 'team-*' --can join,signal --role host --ttl 1h
`;

const options = {
  user: { type: "string" },
  name: { type: "string" },
  room: { type: "string", multiple: true },
  can: { type: "string" },
  role: { type: "string" },
  lobby: { type: "string" },
  sessions: { type: "string" },
  history: { type: "boolean", default: false },
  ttl: { type: "string", default: "1h" },
  help: { type: "boolean", default: false },
} as const;

const secondsIn: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

const make = async (args: ReadonlyArray<string>): Promise<void> => {
  const { values } = parseArgs({ args: [...args], options });
  if (values.help) return say(usage);
  if (values.user === undefined) return end(2, usage);
  const [, count = "", unit = ""] = /^(\d{1,6})([smhd])$/.exec(values.ttl) ?? [];
  const ttlS = Number(count) * (secondsIn[unit] ?? 0);
  if (ttlS === 0) return end(2, "--ttl must be a number and s, m, h or d, such as 90s or 1h.");

  const { AUTH_JWT_SECRET: given = "", AUTH_ISSUER, AUTH_AUDIENCE } = process.env;
  const other = ["AUTH_JWT_PUBLIC_KEY", "AUTH_JWKS_URL"].find((name) => process.env[name]);
  if (other !== undefined) return end(2, `${other} is set: whoever has the private key makes the tokens for it.`);
  if (given !== "" && !isSecret(given)) return end(2, `AUTH_JWT_SECRET is wrong: it must be ${secretRule}.`);
  const secret = given === "" ? randomBytes(32).toString("base64url") : given;
  const auth = { issuer: AUTH_ISSUER || undefined, audience: AUTH_AUDIENCE || undefined };
  const issuedAtS = Math.floor(Date.now() / 1_000);
  const token = await mint({
    ...auth,
    secret,
    user: values.user,
    name: values.name,
    issuedAtS,
    expiresAtS: issuedAtS + ttlS,
    grants: {
      ...(values.room === undefined ? {} : { rooms: values.room }),
      ...(values.can === undefined ? {} : { can: values.can.split(",") }),
      ...(values.role === undefined ? {} : { role: values.role }),
      ...(values.lobby === undefined ? {} : { lobby: values.lobby }),
      ...(values.sessions === undefined ? {} : { sessions: values.sessions }),
      ...(values.history ? { history: true } : {}),
    },
  });
  const fault = await faultOf(token, { ...auth, key: { kind: "secret", secret } });
  if (fault !== undefined) return end(2, `A server would refuse this token: ${fault}.`);
  if (given === "")
    process.stderr.write(
      `AUTH_JWT_SECRET is not set, so here is a new one. Start the server with it:\n  AUTH_JWT_SECRET=${secret}\n`,
    );
  say(token);
};

/** Why a server with these settings would refuse the token. */
const faultOf = async (token: string, auth: AuthConfig): Promise<string | undefined> => {
  const made = verifier(auth, { limits: defaultLimits });
  const verified = E.isLeft(made) ? made : await made.right.verify(token);
  if (E.isRight(verified)) return undefined;
  return typeof verified.left === "string" ? verified.left : verified.left.message;
};

/** `signalbox token` */
export const runToken = async (args: ReadonlyArray<string>): Promise<void> => {
  try {
    await make(args);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (error instanceof Error && code.startsWith("ERR_PARSE_ARGS"))
      end(2, `${misused(error.message, options)}\n\n${usage}`);
    throw error;
  }
};
