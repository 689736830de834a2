const charsMax = 200;
const invisible = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Text that a client chose, made safe to show in a terminal: control, format and bidirectional characters are escaped as
 * `\u{…}`, and text longer than `max` characters is cut.
 */
export const printable = (text: string, max = charsMax): string => {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  return cut.replace(invisible, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
};
