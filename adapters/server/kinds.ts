/** What a setting may be. */
export interface Kind<A> {
  /** Completes the sentence "it must be …". */
  readonly allowed: string;
  /** The same in short, for a table; Markdown. */
  readonly values: string;
  /** The value of a setting that is not set. */
  readonly fallback: A;
  /** Undefined: the text is not allowed. It is never empty. */
  readonly parse: (text: string) => A | undefined;
  /** A sentence for a text that is not allowed, where it is plain what was meant. */
  readonly advice?: (text: string) => string | undefined;
}

/** Decimal digits only. */
export const wholeNumber = (min: number, max: number, fallback: number): Kind<number> => ({
  allowed: `a whole number from ${min} to ${max}`,
  values: `${min}–${max}`,
  fallback,
  parse: (text) => {
    const n = Number(text);
    return /^\d{1,12}$/.test(text) && n >= min && n <= max ? n : undefined;
  },
});

/** The same values, without a default. */
export const optional = <A>(kind: Kind<A>): Kind<A | undefined> => ({ ...kind, fallback: undefined });

/** A time in milliseconds, up to a day. */
export const timeMs = (min: number, fallback: number): Kind<number> => wholeNumber(min, 86_400_000, fallback);

export const oneOf = <const A extends ReadonlyArray<string>>(values: A, fallback: A[number]): Kind<A[number]> => ({
  allowed: `one of ${values.join(", ")}`,
  values: values.map((value) => `\`${value}\``).join(", "),
  fallback,
  parse: (text) => values.find((value) => value === text),
});

type Words = Pick<Kind<unknown>, "allowed" | "values" | "advice">;

/** Any text that passes the test. There is no default. */
export const textThat = (isAllowed: (text: string) => boolean, words: Words): Kind<string | undefined> => ({
  ...words,
  fallback: undefined,
  parse: (text) => (isAllowed(text) ? text : undefined),
});

/** Items that are separated by commas; spaces around them do not count. */
export const listOf = <A extends ReadonlyArray<string> | undefined>(
  isItem: (text: string) => boolean,
  fallback: A,
  words: Words,
): Kind<A | ReadonlyArray<string>> => ({
  ...words,
  fallback,
  parse: (text) => {
    const items = text.split(",").map((item) => item.trim());
    return items.every(isItem) ? items : undefined;
  },
});

/** `stun:` or `stuns:`, a host and an optional port (RFC 7064). */
export const isStun = (url: string): boolean => {
  const [, port = "3478"] = /^stuns?:(?:\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i.exec(url) ?? [undefined, "none"];
  return Number(port) >= 1 && Number(port) <= 65_535;
};

/** `turn:` or `turns:`, a host, an optional port and an optional transport (RFC 7065). */
export const isTurn = (url: string): boolean => {
  const [, scheme, rest = ""] = /^(turns?):(.*)$/i.exec(url) ?? [];
  return scheme !== undefined && isStun(`stun:${rest.replace(/\?transport=(?:udp|tcp)$/, "")}`);
};

/** An origin as browsers and web views send it: scheme, host, and the port unless it is the scheme's default (RFC 6454, 6.2). */
export const isOrigin = (text: string): boolean => {
  if (!/^[a-z][a-z\d+.-]*:\/\/[\w.:[\]-]+$/.test(text)) return false;
  return !/^https?:/.test(text) || (URL.canParse(text) && new URL(text).origin === text);
};

export const isWebSocketUrl = (text: string): boolean =>
  /^wss?:\/\//.test(text) && !text.includes("#") && URL.canParse(text);

export const isHttp = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
};
