/**
 * A user's name for use inside a sentence. It is put between the Unicode characters that isolate its writing direction (UAX 9), so that
 * a name in Arabic, or one with an override in it, does not reorder the words around it.
 */
export const isolateBidi = (name: string): string =>
  `\u2068${name.replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, "")}\u2069`;

/** A sentence with such names in it, each shown in a `bdi` element. */
export const BidiText = ({ text }: { readonly text: string }) => {
  // Every second piece is a name.
  const pieces = text.split(/[\u2068\u2069]/);
  return <>{pieces.map((piece, index) => (index % 2 === 1 ? <bdi key={index}>{piece}</bdi> : piece))}</>;
};

/** The name that a button acts on, for screen readers: "Admit Alice". */
export const HiddenName = ({ name, preposition = "" }: { readonly name: string; readonly preposition?: string }) => (
  <span class="visually-hidden">
    {` ${preposition}`}
    <bdi>{name}</bdi>
  </span>
);
