import type { Dialect } from "../dialect.js";
import { body, decoder, signalData } from "./decode.js";
import { encode, refused } from "./encode.js";
import { seedName } from "./names.js";

/** The protocol of the seed's dashboards (docs/PROTOCOL.md). */
export const seed: Dialect = { name: seedName, beginsWithHello: false, decoder, encode, refused, body, signalData };
