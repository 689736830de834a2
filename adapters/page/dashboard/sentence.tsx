import { piecesOf } from "./isolate.js";

/** A sentence whose names are isolated from the words around them. */
export const Sentence = ({ text }: { readonly text: string }) => (
  <>{piecesOf(text).map((piece, index) => (index % 2 === 1 ? <bdi key={index}>{piece}</bdi> : piece))}</>
);
