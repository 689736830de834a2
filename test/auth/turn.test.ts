import { createHmac } from "node:crypto";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { type IceConfig, ice } from "../../adapters/auth/turn.js";
import { configOf } from "../../adapters/server/config.js";
import type { IceServers, UserId } from "../../core/index.js";
import { type Received, serverWith, until } from "../support/net.js";
import { nowS, rsaPair, secret, signed } from "../support/tokens.js";
import { callerOf } from "../support/v1.js";

const turnSecret = "a secret that the two servers share";
const url = "turn:turn.example.org:3478";
const turn = { TURN_URLS: `${url}, turns:turn.example.org`, TURN_SECRET: turnSecret, TURN_TTL_SECONDS: "60" };
const config: IceConfig = {
  stunServers: ["stun:a.example.org"],
  turnUrls: [url],
  turnSecret,
  turnTtlSeconds: 600,
};

const tokenOf = (sub: string, seconds = 60): Promise<string> =>
  signed({ sub, exp: Math.floor(Date.now() / 1_000) + seconds });

/** What somebody who knows the secret says of the TURN server among these: whose it is, and for how long. */
const readBy = (secret: string, { iceServers }: Partial<IceServers>) => {
  const { username = "", credential } = (iceServers ?? []).at(-1) ?? {};
  const [, expires, user] = /^(\d+):(.*)$/.exec(username) ?? [];
  const isGenuine = createHmac("sha1", secret).update(username).digest("base64") === credential;
  return { isGenuine, user, expiresInS: Number(expires) - Math.floor(Date.now() / 1_000) };
};

describe("credentials", () => {
  const { of, withoutUser } = ice(config, () => nowS * 1_000 + 999);

  test("are the expiry and the user, and an HMAC-SHA-1 of both", () => {
    // echo -n 1800000600:ann | openssl dgst -sha1 -hmac 'a secret that the two servers share' -binary | base64
    expect(of("ann" as UserId)).toEqual({
      iceServers: [
        { urls: "stun:a.example.org" },
        { urls: [url], username: "1800000600:ann", credential: "bxyD8cyGMCeUgPPrTvWCohHcbvQ=" },
      ],
      iceServersTtlMs: 600_000,
    });
    expect(withoutUser).toEqual({ iceServers: [{ urls: "stun:a.example.org" }] });
  });

  test("law: whatever the user is called, the username is one that STUN and coturn take, and nobody else's", () => {
    const usernameOf = (user: string): string => of(user as UserId).iceServers.at(-1)?.username ?? "";
    const user = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 128 }),
      fc.constantFrom("it's", "a b", "reunion-selector", "oidc:7", "#", "x".repeat(1_024)),
    );
    fc.assert(
      fc.property(user, user, (one, other) => {
        expect(usernameOf(one)).toMatch(/^1800000600:[!#-&(-[\]-~]{1,200}$/);
        expect(usernameOf(one)).not.toMatch(/union.*select|select.*union/i);
        expect(usernameOf(one) === usernameOf(other)).toBe(one === other);
      }),
      { numRuns: 500 },
    );
  });

  test("there are none without a secret", () => {
    expect(ice({ ...config, turnUrls: [], turnSecret: undefined }).of("ann" as UserId)).toEqual(withoutUser);
  });
});

describe("on signalbox.v1", () => {
  test("the welcome has credentials of the user, and ice-servers brings new ones", async () => {
    const server = await serverWith({ ...turn, AUTH_JWT_SECRET: secret });
    const ann = await callerOf(server, { token: await tokenOf("ann") });
    const first = readBy(turnSecret, ann.welcome);
    expect(first).toMatchObject({ isGenuine: true, user: "ann" });
    expect(first.expiresInS).toBeGreaterThanOrEqual(59);
    expect(first.expiresInS).toBeLessThanOrEqual(60);
    const { username } = ann.welcome.iceServers[0] ?? {};
    await until(() => Math.floor(Date.now() / 1_000) + 60 > Number.parseInt(username ?? "", 10));
    const answer = await ann.ask({ type: "ice-servers" });
    expect(answer).toMatchObject({ type: "result", iceServersTtlMs: 60_000 });
    expect(readBy(turnSecret, answer as Partial<IceServers>)).toMatchObject({ isGenuine: true, user: "ann" });
    expect((answer as Partial<IceServers>).iceServers?.[0]?.username).not.toBe(username);
  });

  test("without authentication they are of the user that the server has made", async () => {
    const ann = await callerOf(await serverWith(turn), { name: "Ann" });
    expect(readBy(turnSecret, ann.welcome)).toMatchObject({ isGenuine: true, user: ann.welcome.user });
  });

  test("there are no new ones for a token that has expired", async () => {
    const server = await serverWith({ ...turn, AUTH_JWT_SECRET: secret });
    const ann = await callerOf(server, { token: await tokenOf("ann", 2) });
    await until(() => Date.now() > (ann.welcome.expiresAt ?? Number.POSITIVE_INFINITY) + 50);
    expect(await ann.ask({ type: "ice-servers" })).toMatchObject({ type: "error", code: "token-expired" });
    await ann.ask({ type: "renew", token: await tokenOf("ann") });
    expect(readBy(turnSecret, (await ann.ask({ type: "ice-servers" })) as Partial<IceServers>).isGenuine).toBe(true);
  });

  test("without a TURN server, ice-servers is answered with what there is", async () => {
    const ann = await callerOf(await serverWith({ STUN_SERVERS: "stun:a.example.org" }));
    const answer = await ann.ask({ type: "ice-servers" });
    expect(answer).toMatchObject({ type: "result", iceServers: [{ urls: "stun:a.example.org" }] });
    expect(answer).not.toHaveProperty("iceServersTtlMs");
  });
});

describe("/api/config", () => {
  const asked = async (env: Readonly<Record<string, string>>, authorization?: string) => {
    const { port } = await serverWith({ ...turn, STUN_SERVERS: "stun:a.example.org", ...env });
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const answer = await fetch(`http://127.0.0.1:${port}/api/config`, { headers });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const body: Received = await answer.json();
    return { status: answer.status, body };
  };
  const stun = { urls: "stun:a.example.org" };

  test("has credentials for everybody, where there is no authentication", async () => {
    const { body } = await asked({});
    expect(body).toMatchObject({ STUN_SERVERS: ["stun:a.example.org"], ICE_SERVERS_TTL_MS: 60_000 });
    expect(body.ICE_SERVERS).toHaveLength(2);
    expect(body.ICE_SERVERS[0]).toEqual(stun);
    expect(readBy(turnSecret, { iceServers: body.ICE_SERVERS })).toMatchObject({
      isGenuine: true,
      user: expect.stringMatching(/^~[\da-f-]{36}$/),
    });
  });

  test("has none for who shows no token, where there is authentication", async () => {
    for (const authorization of [undefined, "", "Basic YW5uOmFubg==", "Bearer"]) {
      const { status, body } = await asked({ AUTH_JWT_SECRET: secret }, authorization);
      expect(status).toBe(200);
      expect(body).toMatchObject({ STUN_SERVERS: ["stun:a.example.org"], ICE_SERVERS: [stun] });
      expect(body).not.toHaveProperty("ICE_SERVERS_TTL_MS");
    }
  });

  test("has those of the token's user", async () => {
    const { body } = await asked({ AUTH_JWT_SECRET: secret }, `Bearer ${await tokenOf("ann")}`);
    expect(body.ICE_SERVERS).toHaveLength(2);
    expect(readBy(turnSecret, { iceServers: body.ICE_SERVERS })).toMatchObject({ isGenuine: true, user: "ann" });
  });

  test("says what is wrong with a token", async () => {
    const authenticated = { AUTH_JWT_SECRET: secret };
    expect(await asked(authenticated, "Bearer nonsense")).toMatchObject({
      status: 401,
      body: { code: "token-invalid", error: expect.stringContaining("not a JWT") },
    });
    expect(await asked(authenticated, `Bearer ${await tokenOf("ann", -60)}`)).toMatchObject({
      status: 401,
      body: { code: "token-expired" },
    });
    const key = { AUTH_JWKS_URL: "http://127.0.0.1:9/keys" };
    const signing = { alg: "RS256", key: rsaPair().privateKey, kid: "k" };
    const token = await signed({ sub: "ann", exp: Math.floor(Date.now() / 1_000) + 60 }, signing);
    expect(await asked(key, `Bearer ${token}`)).toMatchObject({
      status: 503,
      body: { code: "token-unverifiable" },
    });
  });
});

describe("settings", () => {
  const wrong = (env: Readonly<Record<string, string>>): ReadonlyArray<string> => {
    const config = configOf(env);
    return E.isLeft(config) ? config.left.map(({ text }) => text) : [];
  };

  test("STUN_SERVERS that names a TURN server says what to set instead", () => {
    expect(wrong({ STUN_SERVERS: "stun:a.example.org, turn:a.example.org" })).toEqual([
      'STUN_SERVERS is "stun:a.example.org, turn:a.example.org" in the environment: it must be a comma-separated list of STUN URLs, such as stun:stun.example.org:3478. TURN servers belong in TURN_URLS, with TURN_SECRET.',
    ]);
    expect(wrong({ STUN_SERVERS: "http://a.example.org" })[0]).not.toContain("TURN");
  });

  test("neither of TURN_URLS and TURN_SECRET does without the other", () => {
    expect(wrong({ TURN_URLS: url })).toEqual([
      "TURN_URLS is set in the environment, but TURN_SECRET is not: both must be, or neither.",
    ]);
    expect(wrong({ TURN_SECRET: turnSecret })).toEqual([
      "TURN_SECRET is set in the environment, but TURN_URLS is not: both must be, or neither.",
    ]);
    expect(configOf({ TURN_URLS: url, TURN_SECRET: turnSecret })).toMatchObject({
      right: { turnUrls: [url], turnSecret },
    });
  });

  test.each([
    "turn:a.example.org",
    "turn:192.0.2.1:3478?transport=udp",
    "turns:[2001:db8::1]:5349?transport=tcp",
    "turn:a.example.org:1, turns:b.example.org",
  ])("TURN_URLS may be %s", (urls) => expect(wrong({ TURN_URLS: urls, TURN_SECRET: turnSecret })).toEqual([]));

  test.each([
    "stun:a.example.org",
    "turn:",
    "turn:a.example.org:0",
    "turn:a.example.org?transport=sctp",
    "turn://a.example.org",
    "turn:user@a.example.org",
  ])("TURN_URLS cannot be %s", (urls) => expect(wrong({ TURN_URLS: urls, TURN_SECRET: turnSecret })).toHaveLength(1));

  test("a short secret is refused, and not shown", () => {
    expect(wrong({ TURN_URLS: url, TURN_SECRET: "short" })).toEqual([
      "TURN_SECRET is wrong in the environment: it must be a secret of 32 characters or more.",
    ]);
  });
});
