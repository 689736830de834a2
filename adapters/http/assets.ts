import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Context } from "hono";

/** Something that many ask for, as it is kept in memory: all of them are sent the same bytes. */
export interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
  /** Undefined where it would save nothing. */
  readonly gzip: Buffer | undefined;
  readonly hash: string;
  readonly cacheControl: string;
}

/** The browser asks each time whether its copy is still good. */
const askAgain = "no-cache";
/** The name changes with the content. */
const forEver = "public, max-age=31536000, immutable";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".map": "application/json",
};

/**
 * The files of a folder, by path. Each is there under its own name; scripts, styles and pictures also are under a name with a hash,
 * which the pages use: `/meet.js` is `/meet.4Hq0aZ-3kPw1.js`, too.
 */
export const assetsIn = (folder: string): ReadonlyMap<string, Asset> => {
  const files = readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
  const isPage = (name: string): boolean => extname(name) === ".html";
  const parts = files
    .filter(({ name }) => !isPage(name))
    .map(({ name, bytes }) => ({ name, asset: assetOf(name, bytes) }));
  const hashed = new Map(parts.map(({ name, asset }) => [`/${name}`, hashedPath(name, asset)]));
  const pages = files
    .filter(({ name }) => isPage(name))
    .map(({ name, bytes }) => ({ name, asset: assetOf(name, withPaths(bytes, hashed)) }));
  return new Map([
    ...[...parts, ...pages].map(({ name, asset }) => [`/${name}`, asset] as const),
    ...parts.map(({ name, asset }) => [hashedPath(name, asset), { ...asset, cacheControl: forEver }] as const),
  ]);
};

const assetOf = (name: string, bytes: Buffer): Asset =>
  assetFrom(types[extname(name)] ?? "application/octet-stream", bytes, 9);

/** @param level of the compression, 1 to 9 */
export const assetFrom = (type: string, bytes: Buffer, level: number): Asset => {
  const gzip = gzipSync(bytes, { level });
  return {
    type,
    bytes,
    gzip: gzip.length < bytes.length ? gzip : undefined,
    hash: hashOf(bytes),
    cacheControl: askAgain,
  };
};

const hashedPath = (name: string, { hash }: Asset): string =>
  `/${name.slice(0, -extname(name).length)}.${hash}${extname(name)}`;

/** The page with hashed names where it names something of the folder. */
const withPaths = (page: Buffer, hashed: ReadonlyMap<string, string>): Buffer =>
  Buffer.from(page.toString().replace(/(?<=(?:href|src)=")\/[\w.-]+(?=")/g, (path) => hashed.get(path) ?? path));

/** 72 bits of SHA-256: nobody can make two files meet by chance. */
const hashOf = (content: Buffer | string): string =>
  createHash("sha256").update(content).digest("base64url").slice(0, 12);

/** The asset, compressed for whom takes it so; 304 for whoever has it. */
export const answerWith = (c: Context, { type, bytes, gzip, hash, cacheControl }: Asset): Response => {
  const isCompressed = gzip !== undefined && takesGzip(c.req.header("accept-encoding"));
  const headers = {
    etag: isCompressed ? `"${hash}-gzip"` : `"${hash}"`,
    "cache-control": cacheControl,
    ...(gzip === undefined ? {} : { vary: "accept-encoding" }),
  };
  if (isKnown(c, headers.etag)) return c.body(null, 304, headers);
  // Not copied: all who are sent it share the bytes.
  return c.body((isCompressed ? gzip : bytes) as Uint8Array<ArrayBuffer>, 200, {
    ...headers,
    "content-type": type,
    ...(isCompressed ? { "content-encoding": "gzip" } : {}),
  });
};

/** RFC 9110, 12.5.3. */
const takesGzip = (accepted = ""): boolean =>
  accepted.split(",").some((one) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(one));

/** Whether the request names the tag as one that it has (RFC 9110, 13.1.2): the comparison is the weak one. */
const isKnown = (c: Context, etag: string): boolean => {
  const bare = (tag: string): string => tag.trim().replace(/^W\//, "");
  const known = c.req.header("if-none-match");
  return known !== undefined && (known.trim() === "*" || known.split(",").some((one) => bare(one) === bare(etag)));
};
