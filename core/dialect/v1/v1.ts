import type { DialectName } from "../../base/id.js";
import type { Dialect } from "../dialect.js";
import { decoder } from "./decode.js";
import { comeBack, encode, refusedHello } from "./encode.js";
import { subprotocol } from "./wire.js";

/** `signalbox.v1` (docs/PROTOCOL-V1.md). Nothing of it is relayed to another dialect as it came. */
export const v1: Dialect = {
  name: subprotocol as DialectName & typeof subprotocol,
  beginsWithHello: true,
  decoder,
  encode,
  refused: refusedHello,
  comeBack,
  body: () => undefined,
};
