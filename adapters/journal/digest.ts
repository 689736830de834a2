import { createHash } from "node:crypto";
import { type Effect, type State, snapshot, type WrittenShared, withoutTexts } from "../../core/index.js";

/** SHA-256 of the whole state, in hex. */
export const stateDigest = (state: State): string =>
  createHash("sha256")
    .update(JSON.stringify(snapshot(state)))
    .digest("hex");

/** The same of the shared half alone. */
export const sharedDigest = (shared: WrittenShared): string =>
  createHash("sha256").update(JSON.stringify(shared)).digest("hex");

/** Gathers effects; asked for their SHA-256, it gives it and begins anew. */
export interface EffectsDigest {
  readonly add: (effects: ReadonlyArray<Effect>) => void;
  readonly take: () => string;
}

const gatheredChars = 16_384;

export const effectsDigest = (): EffectsDigest => {
  let hash = createHash("sha256");
  // To call the hash costs more than to hash a few characters: they are gathered first.
  let text = "";
  return {
    add: (effects) => {
      text += JSON.stringify(withoutTexts(effects));
      if (text.length < gatheredChars) return;
      hash.update(text);
      text = "";
    },
    take: () => {
      const hex = hash.update(text).digest("hex");
      hash = createHash("sha256");
      text = "";
      return hex;
    },
  };
};
