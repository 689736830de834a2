const charsMax = 200;
const unseen = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** What a client chose, made harmless: control, format and bidirectional characters are shown as `\u{…}`, and length is bounded. */
export const printable = (text: string, most = charsMax): string => {
  const bounded = text.length > most ? `${text.slice(0, most)}…` : text;
  return bounded.replace(unseen, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
};
