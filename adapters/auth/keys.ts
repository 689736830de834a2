import { createPublicKey, type KeyObject, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { JWTVerifyGetKey } from "jose";
import { type KeyServerOptions, keyServer } from "./key-server.js";

/** What tokens are verified with, as the operator gave it. */
export type AuthKey =
  | { readonly kind: "secret"; readonly secret: string }
  /** PEM text, or the path of a file with it. */
  | { readonly kind: "public-key"; readonly pem: string }
  | { readonly kind: "key-server"; readonly url: string };

/** HS256 needs a key as long as its hash (RFC 7518, 3.2). A public key as a secret would be a secret that everybody knows. */
export const isSecret = (text: string): boolean => Buffer.byteLength(text) >= 32 && !text.includes("-----BEGIN");
/** Completes the sentence "AUTH_JWT_SECRET must be …". */
export const secretRule = "at least 32 bytes long, and no PEM text";

/** The keys of a verifier, and the only algorithms that a token may name. */
export interface Keys {
  readonly algorithms: ReadonlyArray<string>;
  readonly find: JWTVerifyGetKey;
}

const hs256 = { name: "HMAC", hash: "SHA-256" };
const rsa = ["RS256", "PS256"];
const ec = ["ES256"];
/** The second name is the one of RFC 9864. */
const ed = ["EdDSA", "Ed25519"];

/** Left: a sentence for the operator. A key server is not asked yet. */
export const keysOf = (key: AuthKey, options: KeyServerOptions): E.Either<string, Keys> => {
  switch (key.kind) {
    case "secret": {
      // Once, and not for each token.
      const secret = webcrypto.subtle.importKey("raw", Buffer.from(key.secret), hs256, false, ["verify"]);
      return E.right({ algorithms: ["HS256"], find: () => secret });
    }
    case "public-key":
      return pipe(
        pemOf(key.pem),
        E.chain(publicKeyOf),
        E.bindTo("publicKey"),
        E.bind("algorithms", ({ publicKey }) => algorithmsFor(publicKey)),
        E.bimap(
          (fault) => `AUTH_JWT_PUBLIC_KEY ${fault}`,
          ({ publicKey, algorithms }) => ({ algorithms, find: () => publicKey }),
        ),
      );
    case "key-server":
      return E.right({ algorithms: [...rsa, ...ec, ...ed], find: keyServer(key.url, options) });
  }
};

/** A text with a PEM header is the key; line ends may be written as `\n`, since many tools for settings know single lines only. */
const pemOf = (given: string): E.Either<string, string> => {
  if (given.includes("-----BEGIN")) return E.right(given.replaceAll("\\n", "\n"));
  return E.tryCatch(
    () => readFileSync(given, "utf8"),
    (error) => {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      return `is neither PEM text nor the path of a file that can be read (${code}).`;
    },
  );
};

const publicKeyOf = (pem: string): E.Either<string, KeyObject> => {
  // Node would make the public key from it; but whoever gives the server a private key has given away too much.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    return E.left("holds a private key: give the server the public one only.");
  return E.tryCatch(
    () => createPublicKey(pem),
    () => "holds no public key in PEM form (-----BEGIN PUBLIC KEY-----).",
  );
};

const algorithmsFor = ({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): E.Either<string, ReadonlyArray<string>> => {
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === "rsa" && modulusLength >= 2_048) return E.right(rsa);
  if (asymmetricKeyType === "ec" && namedCurve === "prime256v1") return E.right(ec);
  if (asymmetricKeyType === "ed25519") return E.right(ed);
  return E.left("holds a key of another kind: it must be RSA of 2048 bits at least, EC on P-256, or Ed25519.");
};
