import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, lstat, mkdir, open, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { dirname, join, resolve } from "node:path";
import { syncFolder } from "../journal/sync.js";

/** What keeps a folder from being used: trying again does not help. The message is the end of a sentence that begins with the setting. */
export class UnfitFolder extends Error {}

/** A folder that no other server uses. */
export interface Folder {
  readonly path: string;
  readonly release: () => Promise<void>;
}

/** The longest path of a socket that all systems take. */
const socketPathMax = 103;

/** Makes the folder if it is not there, and keeps other servers out of it for as long as this process lives. */
export const openFolder = async (path: string): Promise<Folder> => {
  const lock = join(path, "lock");
  if (Buffer.byteLength(lock) > socketPathMax)
    throw new UnfitFolder(`its path is too long: ${socketPathMax - "/lock".length} bytes at most`);
  if (!existsSync(path)) {
    // A whole path that is made anew is one that was mistyped, or whose disk is not mounted.
    if (!existsSync(dirname(resolve(path))))
      throw new UnfitFolder(`there is no ${dirname(resolve(path))}: make it first`);
    await mkdir(path, { mode: 0o700 });
  } else if (!(await stat(path)).isDirectory()) throw new UnfitFolder("it must be a folder, and is a file");
  // Whoever can put a secret there can make tickets.
  if (((await stat(path)).mode & 0o002) !== 0)
    throw new UnfitFolder("everybody may write to it: `chmod o-w` makes it fit");
  const server = await listenAt(lock);
  return { path, release: () => new Promise((released) => server.close(() => released())) };
};

/** The socket ends with the process, however that ends: who connects to one that is left behind is refused. */
const listenAt = async (lock: string): Promise<Server> => {
  if (existsSync(lock)) {
    if (!(await lstat(lock)).isSocket()) throw new UnfitFolder("its file `lock` is not one that this server has made");
    const answer = await answerOf(lock);
    if (answer !== "ECONNREFUSED")
      throw new UnfitFolder(
        answer === "EACCES" ? "a server of another user uses it, or has" : "another server uses it",
      );
    await unlink(lock);
  }
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(lock, resolve);
  });
  server.unref();
  await chmod(lock, 0o600);
  return server;
};

/** How a connection to the socket ends. */
const answerOf = (lock: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect(lock);
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });

/** A secret that is made once, and outlives the process. */
export const secretOf = async ({ path }: Folder): Promise<string> => {
  const file = join(path, "secret");
  if (existsSync(file)) {
    const secret = (await readFile(file, "utf8")).trim();
    if (!/^[0-9a-f]{64}$/.test(secret)) throw new UnfitFolder("its file secret is damaged: delete it, and tickets end");
    return secret;
  }
  const secret = randomBytes(32).toString("hex");
  const made = await open(`${file}.tmp`, "w", 0o600);
  await made.writeFile(`${secret}\n`);
  await made.sync().finally(() => made.close());
  await rename(`${file}.tmp`, file);
  await syncFolder(path);
  return secret;
};

/** A file of a log: entries from `seq` on, or what all up to `seq` have made. */
export interface Named {
  readonly kind: "entries" | "snapshot";
  readonly seq: number;
  readonly path: string;
}

export const nameOf = (folder: string, kind: Named["kind"], seq: number): string =>
  join(folder, `${kind}-${String(seq).padStart(15, "0")}.ndjson`);

/** What a process has not finished. */
export const deleteUnfinished = async ({ path }: Folder): Promise<void> => {
  for (const name of await readdir(path))
    if (/^(?:secret|snapshot-\d{15}\.ndjson)\.tmp$/.test(name)) await unlink(join(path, name));
};

/** The files of the log, in its order. */
export const filesIn = async ({ path }: Folder): Promise<ReadonlyArray<Named>> =>
  (await readdir(path))
    .flatMap((name) => {
      const [, kind, seq] = /^(entries|snapshot)-(\d{15})\.ndjson$/.exec(name) ?? [];
      return kind === undefined ? [] : [{ kind: kind as Named["kind"], seq: Number(seq), path: join(path, name) }];
    })
    .sort((a, b) => a.seq - b.seq);
