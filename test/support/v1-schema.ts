import { Ajv2020 } from "ajv/dist/2020.js";
import { read } from "./pages.js";

/** A part of docs/signalbox.v1.schema.json: of its keywords those that are looked at here. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: "string" | "integer" | "boolean" | "object" | "array";
  readonly const?: unknown;
  readonly enum?: ReadonlyArray<unknown>;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema | true>>;
  readonly required?: ReadonlyArray<string>;
  readonly oneOf?: ReadonlyArray<Schema>;
}

interface Document {
  readonly $id: string;
  readonly $defs: Readonly<Record<string, Schema>>;
}

export const document: Document = JSON.parse(read("docs/signalbox.v1.schema.json"));

export type Side = "ClientFrame" | "ServerFrame";

const nameIn = ({ $ref = "" }: Schema): string => $ref.replace("#/$defs/", "");

/** The schema itself, or the one that it refers to. */
export const resolved = (schema: Schema): Schema => {
  if (schema.$ref === undefined) return schema;
  const named = document.$defs[nameIn(schema)];
  if (named === undefined) throw new Error(`there is no ${schema.$ref}`);
  return resolved(named);
};

/** What the schema calls each frame of a side, by the frame's type. */
export const namesOf = (side: Side): ReadonlyMap<string, string> =>
  new Map(
    (document.$defs[side]?.oneOf ?? []).map((one) => {
      const type = resolved(one).properties?.type;
      return [type === undefined || type === true ? "" : String(type.const), nameIn(one)];
    }),
  );

/** With no members but those that the schema names: whatever a server sends is written down. */
const closed = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return schema !== document && "properties" in inner ? { ...inner, additionalProperties: false } : inner;
};

const loose = new Ajv2020().addSchema(document);
const strict = new Ajv2020().addSchema(closed(document) as object);
const serverNames = namesOf("ServerFrame");

const validatorOf = (ajv: Ajv2020, name: string) => {
  const validate = ajv.getSchema(`${document.$id}#/$defs/${name}`);
  if (validate === undefined) throw new Error(`there is no ${name}`);
  return validate;
};

/** Whether the schema has a frame of a client like this one. */
export const isClientFrame = (frame: unknown): boolean => validatorOf(loose, "ClientFrame")(frame) === true;

/** Why a frame is none of a server's; undefined where it is one. A member that the schema does not name counts, too. */
export const wrongInServerFrame = (frame: { readonly type: string }): string | undefined => {
  const name = serverNames.get(frame.type);
  if (name === undefined) return `there is no ${frame.type}`;
  const validate = validatorOf(strict, name);
  if (validate(frame) === true) return undefined;
  const [first] = validate.errors ?? [];
  return `${first?.instancePath} ${first?.message}, in ${JSON.stringify(frame)}`;
};
