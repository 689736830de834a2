import { spawnSync } from "node:child_process";
import * as E from "fp-ts/lib/Either.js";
import { decodeJwt } from "jose";
import { describe, expect, test } from "vitest";
import { verifier } from "../../adapters/auth/verifier.js";
import { defaultGrants, defaultLimits } from "../../core/index.js";
import { secret } from "../support/tokens.js";

const top = new URL("../../", import.meta.url).pathname;

const unset = { AUTH_JWT_SECRET: "", AUTH_JWT_PUBLIC_KEY: "", AUTH_JWKS_URL: "", AUTH_ISSUER: "", AUTH_AUDIENCE: "" };

const command = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${top}dist/main.js`, "token", ...args], {
    encoding: "utf8",
    env: { ...process.env, ...unset, ...env },
  });
  return { status, out: stdout, err: stderr };
};

/** What a server with these settings says of the token. */
const verified = async (
  token: string,
  by: { readonly secret?: string; readonly issuer?: string; readonly audience?: string },
) => {
  const made = verifier(
    { key: { kind: "secret", secret: by.secret ?? secret }, issuer: by.issuer, audience: by.audience },
    { limits: defaultLimits },
  );
  return E.isLeft(made) ? made : made.right.verify(token);
};

describe("npm run token", () => {
  test("prints a token that says what was asked for, and nothing else", async () => {
    const args = ["--user", "ann", "--name", "Ann", "--room", "team-*", "--can", "join,signal", "--role", "host"];
    const { status, out, err } = command({ AUTH_JWT_SECRET: secret }, ...args, "--ttl", "90s");
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(await verified(out.trim(), {})).toMatchObject({
      right: {
        user: "ann",
        name: "Ann",
        grants: { ...defaultGrants, rooms: ["team-*"], can: ["join", "signal"], role: "host" },
      },
    });
    const { iat = 0, exp = 0 } = decodeJwt(out.trim());
    expect(exp - iat).toBe(90);
    expect(Math.abs(iat - Date.now() / 1_000)).toBeLessThan(30);
  });

  test("takes several rooms, the lobby, further sessions and the history; an hour is the default", async () => {
    const args = [
      "--user",
      "bob",
      "--room",
      "a,b",
      "--room",
      "c",
      "--lobby",
      "bypass",
      "--sessions",
      "both",
      "--history",
    ];
    const { out } = command({ AUTH_JWT_SECRET: secret }, ...args);
    expect(await verified(out.trim(), {})).toMatchObject({
      right: {
        grants: { ...defaultGrants, rooms: ["a,b", "c"], lobby: "bypass", sessions: "both" },
        mayReadHistory: true,
      },
    });
    const { iat = 0, exp = 0 } = decodeJwt(out.trim());
    expect(exp - iat).toBe(3_600);
  });

  test("makes a secret where there is none, and tells how to start the server with it", async () => {
    const { status, out, err } = command({}, "--user", "ann");
    expect(status).toBe(0);
    const [, made = ""] =
      /^AUTH_JWT_SECRET is not set, so here is a new one\. Start the server with it:\n {2}AUTH_JWT_SECRET=([\w-]{43})\n$/.exec(
        err,
      ) ?? [];
    expect(await verified(out.trim(), { secret: made })).toMatchObject({
      right: { user: "ann", grants: defaultGrants, mayReadHistory: false },
    });
    expect(command({}, "--user", "ann").err).not.toContain(made);
  });

  test("names the issuer and the audience that the server demands", async () => {
    const { out } = command(
      { AUTH_JWT_SECRET: secret, AUTH_ISSUER: "me", AUTH_AUDIENCE: "signalbox" },
      "--user",
      "ann",
    );
    expect(await verified(out.trim(), { issuer: "me", audience: "signalbox" })).toMatchObject({
      right: { user: "ann" },
    });
  });

  test.each<readonly [Readonly<Record<string, string>>, ReadonlyArray<string>, string]>([
    [
      {},
      ["--user", "~ann"],
      "A server would refuse this token: sub must be a string of 1 to 128 characters, without control characters, that does not begin with ~.\n",
    ],
    [
      {},
      ["--user", "a", "--can", "join,fly"],
      "A server would refuse this token: signalbox.can must be a list of some of create, join, admit, remove, say, signal.\n",
    ],
    [
      {},
      ["--user", "a", "--role", "king"],
      "A server would refuse this token: signalbox.role must be one of host, cohost, participant.\n",
    ],
    [{}, ["--user", "a", "--ttl", "1w"], "--ttl must be a number and s, m, h or d, such as 90s or 1h.\n"],
    [{}, ["--user", "a", "--ttl", "0h"], "--ttl must be a number and s, m, h or d, such as 90s or 1h.\n"],
    [
      { AUTH_JWT_SECRET: "short" },
      ["--user", "a"],
      "AUTH_JWT_SECRET is wrong: it must be at least 32 bytes long, and no PEM text.\n",
    ],
    [
      { AUTH_JWKS_URL: "https://id.example.org" },
      ["--user", "a"],
      "AUTH_JWKS_URL is set: whoever has the private key makes the tokens for it.\n",
    ],
  ])("%j %j is refused with one sentence, and no token", (env, args, sentence) => {
    expect(command(env, ...args)).toEqual({ status: 2, out: "", err: sentence });
  });

  test("explains itself", () => {
    expect(command({}, "--help")).toMatchObject({ status: 0, out: expect.stringMatching(/^Usage: signalbox token /) });
    expect(command({})).toMatchObject({ status: 2, out: "", err: expect.stringMatching(/^Usage: /) });
    expect(command({}, "--users", "x")).toMatchObject({
      status: 2,
      out: "",
      err: expect.stringMatching(/^There is no option --users\.\n\nUsage: /),
    });
    expect(command({}, "--user")).toMatchObject({
      status: 2,
      err: expect.stringMatching(/^--user is not given as it/),
    });
  });
});
