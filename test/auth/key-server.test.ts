import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, onTestFinished, test } from "vitest";
import type { VerifierOptions } from "../../adapters/auth/verifier.js";
import { ecPair, edPair, forged, good, nowS, type Pair, rsaPair, signed, verifierOf } from "../support/tokens.js";

interface KeyServer {
  readonly url: string;
  /** Requests so far. */
  asked: number;
  answer: RequestListener;
}

const listening = async (): Promise<KeyServer> => {
  const state: KeyServer = { url: "", asked: 0, answer: (_request, response) => response.end() };
  const server = createServer((request, response) => {
    state.asked++;
    state.answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, { url: `http://127.0.0.1:${port}/keys?secret=1` });
};

const jwk = ({ publicKey }: Pair, members: object = {}): object => ({
  ...publicKey.export({ format: "jwk" }),
  ...members,
});

const giving =
  (...keys: ReadonlyArray<object>): RequestListener =>
  (_request, response) =>
    response.end(JSON.stringify({ keys }));

const failing: RequestListener = (_request, response) => response.writeHead(503).end("down");

/** A verifier that asks the key server, at a time that the test moves. */
const asking = (url: string, options: Partial<VerifierOptions> = {}) => {
  let nowMs = nowS * 1_000;
  const warnings: string[] = [];
  let recoveries = 0;
  const verify = verifierOf(
    { key: { kind: "key-server", url } },
    { now: () => nowMs, warn: (line) => warnings.push(line), recovered: () => recoveries++, ...options },
  );
  return {
    verify,
    warnings,
    recoveries: () => recoveries,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
};

const accepted = { right: { user: "ann" } };
const unverifiable = (retryAfterMs: number) =>
  E.left({
    code: "token-unverifiable",
    message: "the token cannot be verified now, because the key server does not give its key: try again later",
    retryAfterMs,
  });
const invalid = (message: string) => E.left({ code: "token-invalid", message });
const unknown = invalid("the key server has no key for this token: alg and kid in its header name none");

const [one, two] = [ecPair(), ecPair()];
const first = { alg: "ES256", key: one.privateKey, kid: "1" };
const second = { alg: "ES256", key: two.privateKey, kid: "2" };
const forever = { ...good, exp: nowS + 1_000_000 };
const minute = 60_000;
const hour = 3_600_000;

describe("a key server", () => {
  test("is asked once, when the first token comes, and then not for ten minutes", async () => {
    const server = await listening();
    server.answer = giving(jwk(one, { kid: "1" }));
    const { verify, pass } = asking(server.url);
    expect(server.asked).toBe(0);
    const token = await signed(forever, first);
    expect(await Promise.all([verify(token), verify(token), verify(token)])).toMatchObject([
      accepted,
      accepted,
      accepted,
    ]);
    pass(10 * minute - 1);
    expect(await verify(token)).toMatchObject(accepted);
    expect(server.asked).toBe(1);
    pass(1);
    expect(await verify(token)).toMatchObject(accepted);
    expect(server.asked).toBe(2);
  });

  test.each([
    ["RS256", rsaPair],
    ["PS256", rsaPair],
    ["ES256", ecPair],
    ["EdDSA", edPair],
    ["Ed25519", edPair],
  ])("gives keys for %s", async (alg, make) => {
    const server = await listening();
    const pair = make();
    server.answer = giving(jwk(rsaPair(), { kid: "x" }), jwk(pair, { kid: "1" }));
    expect(await asking(server.url).verify(await signed(good, { alg, key: pair.privateKey, kid: "1" }))).toMatchObject(
      accepted,
    );
  });

  test("that changes its keys is asked for the new one, and the old one is good no more", async () => {
    const server = await listening();
    server.answer = giving(jwk(one, { kid: "1" }));
    const { verify, pass } = asking(server.url);
    const [old, fresh] = [await signed(forever, first), await signed(forever, second)];
    expect(await verify(old)).toMatchObject(accepted);
    server.answer = giving(jwk(two, { kid: "2" }));
    // Not at once: whoever sends unknown keys could make the server ask without end.
    pass(4_000);
    expect(await verify(fresh)).toEqual(unverifiable(6_000));
    expect(server.asked).toBe(1);
    pass(6_000);
    expect(await verify(fresh)).toMatchObject(accepted);
    expect(await verify(old)).toEqual(unverifiable(10_000));
    pass(10_000);
    expect(await verify(old)).toEqual(unknown);
    expect(server.asked).toBe(3);
  });

  test("that takes a key back is heard within ten minutes", async () => {
    const server = await listening();
    server.answer = giving(jwk(one, { kid: "1" }), jwk(two, { kid: "2" }));
    const { verify, pass } = asking(server.url);
    const token = await signed(forever, first);
    expect(await verify(token)).toMatchObject(accepted);
    server.answer = giving(jwk(two, { kid: "2" }));
    pass(10 * minute);
    expect(await verify(token)).toEqual(unknown);
    expect(server.asked).toBe(2);
  });

  test("is not asked for a token that no key of its could have signed", async () => {
    const server = await listening();
    server.answer = giving({ kty: "oct", k: "c2VjcmV0", kid: "1" });
    const { verify } = asking(server.url);
    const demanded = invalid("the token must be signed with RS256 or PS256 or ES256 or EdDSA or Ed25519");
    expect(await verify(forged({ alg: "none" }, good))).toEqual(demanded);
    expect(await verify(forged({ alg: "HS256", kid: "1" }, good, "secret"))).toEqual(demanded);
    expect(await verify("x".repeat(8_193))).toMatchObject({ left: { code: "token-invalid" } });
    expect(server.asked).toBe(0);
  });

  test("does not vouch for a token that has expired, or that another has signed under the name of its key", async () => {
    const server = await listening();
    server.answer = giving(jwk(one, { kid: "1" }));
    const { verify } = asking(server.url);
    expect(await verify(await signed(good, { ...second, kid: "1" }))).toEqual(
      invalid("the signature of the token does not fit the key of the server"),
    );
    expect(await verify(await signed({ ...good, exp: nowS - 5 }, first))).toMatchObject({
      left: { code: "token-expired" },
    });
  });

  test("with several keys that fit wants to know which", async () => {
    const server = await listening();
    server.answer = giving(jwk(one), jwk(two, { kid: "2" }));
    const { verify } = asking(server.url);
    expect(await verify(await signed(good, { alg: "ES256", key: one.privateKey }))).toEqual(
      invalid("the key server has several keys for this token: kid in its header must name one"),
    );
    expect(await verify(await signed(good, second))).toMatchObject(accepted);
  });

  test.each([
    ["is too short", jwk(rsaPair(1_024), { kid: "1" })],
    ["cannot be read", { kty: "RSA", n: "AA", e: "", kid: "1" }],
  ])("with a key that %s accepts nothing by it", async (_what, key) => {
    const server = await listening();
    server.answer = giving(key);
    const token = await signed(good, { alg: "RS256", key: rsaPair().privateKey, kid: "1" });
    expect(await asking(server.url).verify(token)).toEqual(
      invalid("the token cannot be verified with the key of the server"),
    );
  });
});

describe("a key server that gives no keys", () => {
  test.each<readonly [string, RequestListener, string]>([
    ["answers 503", failing, "Expected 200 OK from the JSON Web Key Set HTTP response"],
    [
      "sends elsewhere",
      (_request, response) => response.writeHead(302, { location: "/" }).end(),
      "Expected 200 OK from the JSON Web Key Set HTTP response",
    ],
    [
      "gives a page",
      (_request, response) => response.end("<html>"),
      "Failed to parse the JSON Web Key Set HTTP response as JSON",
    ],
    ["gives something else", (_request, response) => response.end("[]"), "JSON Web Key Set malformed"],
    ["hangs up", (request) => request.socket.destroy(), "UND_ERR_SOCKET"],
  ])("because it %s: the token may be tried again, and the operator is told", async (_what, answer, reason) => {
    const server = await listening();
    server.answer = answer;
    const { verify, warnings } = asking(server.url);
    expect(await verify(await signed(good, first))).toEqual(unverifiable(10_000));
    expect(warnings).toEqual([`AUTH_JWKS_URL gives no keys: ${reason}.`]);
  });

  test("because nobody listens", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const { verify, warnings } = asking(`http://127.0.0.1:${port}/keys`);
    expect(await verify(await signed(good, first))).toEqual(unverifiable(10_000));
    expect(warnings).toEqual(["AUTH_JWKS_URL gives no keys: ECONNREFUSED."]);
  });

  test("because its port is one that fetch does not ask", async () => {
    const { verify, warnings } = asking("http://127.0.0.1:9/keys");
    expect(await verify(await signed(good, first))).toEqual(unverifiable(10_000));
    expect(warnings).toEqual(["AUTH_JWKS_URL gives no keys: bad port."]);
  });

  test("is asked once in ten seconds, however many tokens come, and its keys are used when it is back", async () => {
    const server = await listening();
    server.answer = failing;
    const { verify, pass, warnings, recoveries } = asking(server.url);
    const token = await signed(good, first);
    for (let i = 0; i < 50; i++) expect(await verify(token)).toMatchObject({ left: { code: "token-unverifiable" } });
    expect(server.asked).toBe(1);
    server.answer = giving(jwk(one, { kid: "1" }));
    pass(9_999);
    expect(await verify(token)).toEqual(unverifiable(1));
    pass(1);
    expect(await verify(token)).toMatchObject(accepted);
    expect(warnings).toHaveLength(1);
    expect(recoveries()).toBe(1);
    pass(10 * minute);
    expect(await verify(token)).toMatchObject(accepted);
    expect(recoveries()).toBe(1);
  });

  test("does not take away the keys that are known, for a day", async () => {
    const server = await listening();
    server.answer = giving(jwk(one, { kid: "1" }));
    const { verify, pass } = asking(server.url);
    const token = await signed(forever, first);
    expect(await verify(token)).toMatchObject(accepted);
    server.answer = failing;
    for (let passed = hour; passed < 24 * hour; passed += hour) {
      pass(hour);
      expect(await verify(token)).toMatchObject(accepted);
    }
    expect(await verify(await signed(forever, second))).toEqual(unverifiable(10_000));
    pass(hour);
    expect(await verify(token)).toEqual(unverifiable(10_000));
    server.answer = giving(jwk(one, { kid: "1" }));
    pass(10_000);
    expect(await verify(token)).toMatchObject(accepted);
  });

  test("in time holds nobody up for longer, and nothing else at all", async () => {
    const server = await listening();
    server.answer = () => {};
    const { verify, warnings } = asking(server.url, { answerMs: 300 });
    const token = await signed(good, first);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    onTestFinished(() => clearInterval(timer));
    const began = performance.now();
    const all = await Promise.all(Array.from({ length: 20 }, () => verify(token)));
    const tookMs = performance.now() - began;
    expect(all).toEqual(all.map(() => unverifiable(10_000)));
    expect(tookMs).toBeGreaterThan(250);
    expect(tookMs).toBeLessThan(1_500);
    expect(ticks).toBeGreaterThan(10);
    expect(server.asked).toBe(1);
    expect(warnings).toEqual(["AUTH_JWKS_URL gives no keys: no answer in time."]);
  });

  test("in full in time is as one that gives none", async () => {
    const server = await listening();
    server.answer = (_request, response) => void response.write('{"keys":[');
    const { verify, warnings } = asking(server.url, { answerMs: 300 });
    expect(await verify(await signed(good, first))).toEqual(unverifiable(10_000));
    expect(warnings).toEqual(["AUTH_JWKS_URL gives no keys: no answer in time."]);
  });
});
