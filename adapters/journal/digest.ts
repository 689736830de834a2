import { createHash } from "node:crypto";
import { type Effect, type State, snapshot, withoutTexts } from "../../core/index.js";

/** SHA-256 of the whole state, in hex. */
export const stateDigest = (state: State): string =>
  createHash("sha256")
    .update(JSON.stringify(snapshot(state)))
    .digest("hex");

/** Gathers effects; asked for their SHA-256, it gives it and begins anew. */
export interface EffectsDigest {
  readonly add: (effects: ReadonlyArray<Effect>) => void;
  readonly take: () => string;
}

export const effectsDigest = (): EffectsDigest => {
  let hash = createHash("sha256");
  return {
    add: (effects) => {
      hash.update(JSON.stringify(withoutTexts(effects)));
    },
    take: () => {
      const hex = hash.digest("hex");
      hash = createHash("sha256");
      return hex;
    },
  };
};
