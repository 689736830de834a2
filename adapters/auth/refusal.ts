import { errors } from "jose";

/** Why a token was not accepted. Neither the code nor the sentence tells anything of a token that nobody vouches for. */
export type AuthRefusal =
  | {
      readonly code: "token-invalid" | "token-expired";
      /** A sentence for the developer of the client. */
      readonly message: string;
    }
  /** It may be good: the key that would tell is not to be had now. */
  | { readonly code: "token-unverifiable"; readonly message: string; readonly retryAfterMs: number };

/** What the server demands of a token; the sentences name it. */
export interface Demands {
  readonly algorithms: ReadonlyArray<string>;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** The keys are not to be had, or not before `retryAfterMs`. */
export class KeysUnavailable extends Error {
  constructor(readonly retryAfterMs: number) {
    super("no keys");
  }
}

export const invalid = (message: string): AuthRefusal => ({ code: "token-invalid", message });

/** A refusal for whatever ended a verification: what nobody has thought of, such as a key that cannot be used, refuses too. */
export const refusalOf = (error: unknown, demands: Demands): AuthRefusal => {
  if (error instanceof KeysUnavailable)
    return {
      code: "token-unverifiable",
      message: "the token cannot be verified now, because the key server does not give its key: try again later",
      retryAfterMs: error.retryAfterMs,
    };
  if (error instanceof errors.JWTExpired)
    return { code: "token-expired", message: "the token has expired: get a new one" };
  if (error instanceof errors.JWTClaimValidationFailed) return invalid(sentenceOfClaim(error, demands));
  if (error instanceof errors.JOSEAlgNotAllowed)
    return invalid(`the token must be signed with ${demands.algorithms.join(" or ")}`);
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return invalid("the signature of the token does not fit the key of the server");
  if (error instanceof errors.JWKSNoMatchingKey)
    return invalid("the key server has no key for this token: alg and kid in its header name none");
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return invalid("the key server has several keys for this token: kid in its header must name one");
  if (error instanceof errors.JOSEError)
    return invalid("the token is not a JWT: it must be a compact JWS with a JSON object of claims");
  return invalid("the token cannot be verified with the key of the server");
};

const sentenceOfClaim = ({ claim, reason }: errors.JWTClaimValidationFailed, demands: Demands): string => {
  if (reason === "invalid") return `${claim} must be in seconds since 1970`;
  switch (claim) {
    case "nbf":
      return "the token is not valid yet: its nbf lies ahead";
    case "iss":
      return `${claim} ${reason === "missing" ? "is missing: it must be" : "must be"} ${JSON.stringify(demands.issuer)}`;
    default:
      return `${claim} ${reason === "missing" ? "is missing: it must name" : "must name"} ${JSON.stringify(demands.audience)}`;
  }
};
