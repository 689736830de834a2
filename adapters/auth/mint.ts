import { SignJWT } from "jose";

export interface Minting {
  readonly secret: string;
  /** Of the claims that a server demands, those that it demands. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly user: string;
  readonly name: string | undefined;
  /** In seconds since 1970. */
  readonly issuedAtS: number;
  readonly expiresAtS: number;
  /** The claim `signalbox`, as it is to be: nothing is checked. */
  readonly grants: object;
}

/** A token signed with HS256. Whether it is a good one, the verifier says. */
export const mint = ({
  secret,
  issuer,
  audience,
  user,
  name,
  issuedAtS,
  expiresAtS,
  grants,
}: Minting): Promise<string> =>
  new SignJWT({
    sub: user,
    ...(name === undefined ? {} : { name }),
    ...(issuer === undefined ? {} : { iss: issuer }),
    ...(audience === undefined ? {} : { aud: audience }),
    iat: issuedAtS,
    exp: expiresAtS,
    signalbox: grants,
  })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(new TextEncoder().encode(secret));
