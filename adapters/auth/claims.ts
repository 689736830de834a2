import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import {
  type Ability,
  abilities,
  defaultGrants,
  type Grants,
  type Limits,
  label,
  lobbyGrants,
  type Millis,
  roomRoles,
  sessionGrants,
  text,
  type UserId,
} from "../../core/index.js";

/** What a good token says of its bearer. */
export interface VerifiedToken {
  readonly user: UserId;
  readonly name?: string;
  readonly issuedAt?: Millis;
  readonly expiresAt: Millis;
  readonly grants: Grants;
  /** Of the rooms that `grants` names. The core decides nothing by it. */
  readonly mayReadHistory: boolean;
}

/** The claim `signalbox`. */
type Granted = Partial<Grants> & { readonly history?: boolean };

/** The claims that count, as RFC 7519 has them; times in seconds. */
interface Claims {
  readonly sub: UserId;
  readonly exp: number;
  readonly iat?: number;
  readonly name?: string;
  readonly signalbox?: Granted;
}

/** The bounds that ids and names have everywhere else, too. */
export type NameLimits = Pick<Limits, "idCharsMax" | "nameCharsMax">;

const roomPatternsMax = 64;
const roomPatternCharsMax = 128;
/** Users of which the server itself makes the id begin so: no token can name one of them. */
const serverMade = "~";
/** The last second before the year 10000: a time in milliseconds lies beyond it. */
const secondsMax = 253_402_300_799;

/** Reads the claims of a token that has been verified. Left: a sentence that names the claim, and what it must be. */
export const claimsOf = (limits: NameLimits): ((payload: unknown) => E.Either<string, VerifiedToken>) => {
  const id = text<UserId>(1, limits.idCharsMax);
  const sub = codec(
    `${id.name}, that does not begin with ${serverMade}`,
    (u): u is UserId => id.is(u) && !u.startsWith(serverMade),
  );
  const claims: t.Type<Claims, unknown, unknown> = t.intersection([
    t.type({ sub, exp: seconds }),
    t.partial({ iat: seconds, name: label(limits.nameCharsMax), signalbox: grants }),
  ]);
  return (payload) => pipe(claims.decode(payload), E.bimap(sentenceOf, tokenOf));
};

const tokenOf = ({ sub, exp, iat, name, signalbox }: Claims): VerifiedToken => ({
  user: sub,
  ...(name === undefined ? {} : { name }),
  ...(iat === undefined ? {} : { issuedAt: millisOf(iat) }),
  expiresAt: millisOf(exp),
  grants: { ...defaultGrants, ...grantsIn(signalbox) },
  mayReadHistory: signalbox?.history === true,
});

const grantsIn = ({ history: _, ...grants }: Granted = {}): Partial<Grants> => grants;

const millisOf = (s: number): Millis => Math.floor(s * 1_000) as Millis;

/** The name of a codec completes the sentence "… must be". */
const codec = <A>(name: string, is: (u: unknown) => u is A): t.Type<A, A, unknown> =>
  new t.Type<A, A, unknown>(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity);

/** A NumericDate of RFC 7519, 2: it may have a fraction. */
const seconds = codec(
  "in seconds since 1970, before the year 10000",
  (u): u is number => typeof u === "number" && u >= 0 && u <= secondsMax,
);

const oneOf = <A extends string>(values: ReadonlyArray<A>) =>
  codec(`one of ${values.join(", ")}`, (u): u is A => values.some((value) => value === u));

const pattern = text<string>(1, roomPatternCharsMax);
const rooms = codec(
  `a list of at most ${roomPatternsMax} names or patterns, each ${pattern.name}`,
  (u): u is ReadonlyArray<string> => Array.isArray(u) && u.length <= roomPatternsMax && u.every(pattern.is),
);
const ability = oneOf(abilities);
const can = codec(
  `a list of some of ${abilities.join(", ")}`,
  (u): u is ReadonlyArray<Ability> => Array.isArray(u) && u.length <= abilities.length && u.every(ability.is),
);

const members = t.partial({
  rooms,
  can,
  role: oneOf(roomRoles),
  lobby: oneOf(lobbyGrants),
  sessions: oneOf(sessionGrants),
  history: codec("true or false", (u): u is boolean => typeof u === "boolean"),
});
const memberNames = Object.keys(members.props);
const unknownMember = t.never;

/** A member that is not known is refused: a misspelt grant would otherwise grant everything. */
const grants: t.Type<Granted, unknown, unknown> = new t.Type<Granted, unknown, unknown>(
  `an object with some of ${memberNames.join(", ")}`,
  members.is,
  (u, context) => {
    if (!t.UnknownRecord.is(u)) return t.failure(u, context);
    const unknown = Object.keys(u).find((key) => !memberNames.includes(key));
    return unknown === undefined
      ? members.validate(u, context)
      : t.failure(u[unknown], t.appendContext(context, unknown, unknownMember, u[unknown]));
  },
  t.identity,
);

/** The first claim that is wrong. */
const sentenceOf = (errors: t.Errors): string => {
  const context = errors.slice(0, 1).flatMap((first) => first.context);
  // The first two are all claims, and the part of the intersection.
  const path = context.slice(2);
  const wrong = context.at(-1);
  const name = path.map(({ key }) => printable(key)).join(".");
  if (wrong?.type === unknownMember) return `${name} is not known: signalbox must be ${grants.name}`;
  return `${name} ${wrong?.actual === undefined ? "is missing: it must be" : "must be"} ${wrong?.type.name}`;
};

/** Names go into logs and pages; one that might be a value, or draw itself as something else, is not shown. */
const printable = (key: string): string => (/^[\w-]{1,64}$/.test(key) ? key : "(a member with a strange name)");
