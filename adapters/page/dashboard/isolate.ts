/**
 * A name from elsewhere inside a sentence, between the characters that isolate its direction of writing (Unicode, UAX 9): a name in
 * Arabic, or with an override in it, leaves the words around it where they are.
 */
export const isolated = (name: string): string => `\u2068${name.replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, "")}\u2069`;

/** A sentence in pieces, every second of which is such a name. */
export const piecesOf = (sentence: string): ReadonlyArray<string> => sentence.split(/[\u2068\u2069]/);
