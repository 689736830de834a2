import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { fencesOf, linksOf } from "../support/markdown.js";
import { until } from "../support/net.js";
import { page, read, root } from "../support/pages.js";
import { missingNode, nodeOf } from "./node.js";

/** A folder with nothing but the package, as npm installs it from its tarball. */
let folder = "";
let tarball = "";

// Packed as it was built by `npm test`: building again would change dist/ under other tests.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-package-"));
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  tarball = join(folder, JSON.parse(packed)[0].filename);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  execFileSync("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], { cwd: folder, stdio: "ignore" });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const filesIn = (path: string): ReadonlyArray<string> =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));

test("has what is needed to run and to operate it, and nothing else", () => {
  const allowed = [
    /^(?:package\.json|README\.md|LICENSE)$/,
    /^(?:\.env\.example|SECURITY\.md|CONTRIBUTING\.md|CHANGELOG\.md|bench\/RESULTS\.md)$/,
    /^docs\/[A-Z0-9-]+\.md$/,
    /^deploy\/(?:Caddyfile|nginx\.conf|signalbox\.service|turnserver\.conf|compose\.yaml|kubernetes\.yaml)$/,
    /^deploy\/cluster\/(?:nginx\.conf|compose\.yaml|kubernetes\.yaml)$/,
    /^deploy\/(?:grafana|prometheus)\/[\w.]+\.(?:json|yml)$/,
    /^dist\/(?:main|index|keeper|core|client)\.js$/,
    /^dist\/(?:index|core|client)\.d\.ts$/,
    /^dist\/LICENSES\.txt$/,
    /^dist\/chunks\/(?:chunk|cluster|replay|serve|token)-[A-Z0-9]{8}\.js$/,
    /^dist\/page\/(?:index|ws-test)\.html$/,
    /^dist\/page\/(?:meet|client|ws-test)\.js$/,
    /^dist\/page\/(?:style\.css|icon\.svg)$/,
  ];
  const files = filesIn(join(folder, "node_modules/signalbox"));
  expect(files.filter((file) => !allowed.some((pattern) => pattern.test(file)))).toEqual([]);
  expect(allowed.filter((pattern) => !files.some((file) => pattern.test(file)))).toEqual([]);
  // Of what the pages name, other pages and files for operators; sources are not in it.
  for (const path of files.filter((file) => file.endsWith(".md"))) {
    const targets = linksOf(read(path)).map((link) => normalize(join(dirname(path), link.replace(/#.*/, ""))));
    const meant = targets.filter((target) => /^(?:docs\/|bench\/)?[\w-]+\.md$|^deploy\/.+\.\w+$/.test(target));
    expect(meant.filter((target) => !files.includes(target))).toEqual([]);
  }
  const { size } = statSync(tarball);
  expect(size).toBeLessThan(700_000);
  const [, told] = /a file of about (\d+) KB/.exec(page("docs/OPERATING.md")) ?? [];
  expect(Math.abs(Number(told) * 1_000 - size)).toBeLessThan(30_000);
  // The chunks are those of one build.
  expect(files.filter((file) => file.startsWith("dist/chunks/")).length).toBeLessThan(16);
});

test("needs no other package but the database of the history, and everything that it exports and runs is in it", () => {
  const others = readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."));
  expect(others.filter((name) => !["@libsql", "@neon-rs", "detect-libc", "libsql"].includes(name))).toEqual([
    "signalbox",
  ]);
  expect(manifest).not.toHaveProperty("dependencies");
  expect(Object.keys(manifest.optionalDependencies)).toEqual(["libsql"]);
  const files = filesIn(join(folder, "node_modules/signalbox"));
  const named = Object.values(manifest.exports).flatMap((to) => (typeof to === "string" ? [to] : Object.values(to)));
  for (const path of [...named, `./${manifest.bin.signalbox}`]) expect(files).toContain(path.slice(2));
});

test("has the licences of what was built into it", () => {
  const texts = readFileSync(join(folder, "node_modules/signalbox/dist/LICENSES.txt"), "utf8");
  const built = ["fp-ts", "io-ts", "ws", "pino", "pino-pretty", "hono", "@hono/node-server", "jose", "preact"];
  for (const name of built) expect(texts).toMatch(new RegExp(`^${name} \\d`, "m"));
});

const compiled = (path: string, ...flags: ReadonlyArray<string>) =>
  spawnSync(
    process.execPath,
    [
      join(root, "node_modules/typescript/bin/tsc"),
      ...["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2023,dom,dom.iterable"],
      ...["--typeRoots", join(root, "node_modules/@types"), "--types", "node", ...flags, path],
    ],
    { cwd: folder, encoding: "utf8" },
  );

test("the programs for Node in its documentation compile with the packages that they name", () => {
  const program = join(folder, "node-program");
  for (const name of ["ws", "node-datachannel", "@types/ws"]) {
    mkdirSync(dirname(join(program, "node_modules", name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(program, "node_modules", name));
  }
  const programs = fencesOf(page("docs/CLIENT.md"), "js").filter(({ code }) => code.includes("import"));
  expect(programs).toHaveLength(1);
  for (const { code } of programs) {
    writeFileSync(join(program, "program.ts"), code);
    // The types of node-datachannel are at odds with those of the DOM.
    expect(compiled(join(program, "program.ts"), "--skipLibCheck")).toMatchObject({ status: 0, stdout: "" });
  }
});

test("its types compile in a program without skipLibCheck, and say no to what is wrong", () => {
  const program = join(folder, "types");
  mkdirSync(program);
  writeFileSync(
    join(program, "right.ts"),
    `import { createServer } from "node:http";
     import { type RunningServer, serve } from "signalbox";
     import { initial, reduce, type Effect, type State } from "signalbox/core";
     import { connect, type Session } from "signalbox/client";
     const [state, effects]: readonly [State, readonly Effect[]] = reduce(initial, { kind: "ClockTicked", at: 1 as never });
     const running: RunningServer = await serve({ server: createServer(), path: "/x", roomWaitingMax: 5, delivery: "targeted", stunServers: ["stun:x"] });
     const session: Session = await connect(running.url, { name: "Ann" });
     export { effects, session, state };`,
  );
  writeFileSync(
    join(program, "wrong.ts"),
    `import { serve } from "signalbox";
     export const a = serve({ roomWaitingMax: "5" });
     export const b = serve({ delivery: "nowhere" });
     export const c = serve({ prot: 1 });
     import { connect } from "signalbox/client";
     export const d = connect("x", { WebSocket: class { close() {} } });
     export const e = connect("x", { RTCPeerConnection: class { close() {} } });`,
  );
  expect(compiled(join(program, "right.ts"))).toMatchObject({ status: 0, stdout: "" });
  const wrong = compiled(join(program, "wrong.ts")).stdout;
  expect([...wrong.matchAll(/wrong\.ts\((\d)/g)].map(([, line]) => line)).toEqual(["2", "3", "4", "6", "7"]);
});

const client = (url: string): string => `
  import { connect } from "signalbox/client";
  import { WebSocket } from ${JSON.stringify(join(root, "node_modules/ws/wrapper.mjs"))};
  const session = await connect(${JSON.stringify(url)}, { name: "Ann", WebSocket });
  const room = await session.join("r", { create: { name: "R" } });
  console.log("in", room.participants.size);
  session.close();`;

describe.each([20, 24])("on Node %i", (major) => {
  const missing = missingNode(major);

  describe.skipIf(missing !== undefined)(missing ?? "installed", () => {
    /** `npx` runs the command with the Node that comes first on the PATH. */
    const environment = (): NodeJS.ProcessEnv => {
      const bin = join(folder, `node-${major}`);
      mkdirSync(bin, { recursive: true });
      rmSync(join(bin, "node"), { force: true });
      symlinkSync(nodeOf(major), join(bin, "node"));
      return { ...process.env, NODE_ENV: "", npm_config_offline: "true", PATH: `${bin}:${process.env.PATH}` };
    };
    const npx = (...args: ReadonlyArray<string>) =>
      spawnSync("npx", ["signalbox", ...args], {
        cwd: folder,
        encoding: "utf8",
        env: environment(),
      });
    const run = (program: string) =>
      spawnSync("node", ["--input-type=module"], { cwd: folder, encoding: "utf8", env: environment(), input: program });

    test("npx signalbox --help, token, replay, check, and a command that is none", () => {
      expect(run("console.log(process.version)").stdout).toMatch(new RegExp(`^v${major}\\.`));
      expect(npx("--help")).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Usage: signalbox .*--port/s) });
      expect(npx("token", "--user", "ann")).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+\n$/),
      });
      const journal = join(root, "test/golden/journals/answers-to-a-name.ndjson");
      expect(npx("replay", journal, "--verify")).toMatchObject({ status: 0, stderr: "" });
      expect(npx("check", "--port", "0").stdout).toContain("port chosen by the system");
      expect(npx("nonsense")).toMatchObject({
        status: 2,
        stderr:
          'There is no command "nonsense". There are check, replay, token; without one, the server starts. See signalbox --help.\n',
      });
    });

    test("npx signalbox serves: the library connects, the page is there, and the history is written", async () => {
      // As npm installs it where it has a network; its binaries are packages, too.
      const libsql = join(folder, "node_modules/libsql");
      if (!existsSync(libsql)) symlinkSync(join(root, "node_modules/libsql"), libsql);
      const server = spawn("npx", ["signalbox", "--port=0", "--host=127.0.0.1"], {
        cwd: folder,
        env: { ...environment(), HISTORY: join(folder, `history-${major}.db`) },
        detached: true,
      });
      // npx runs a shell, which runs the server: the signal goes to all of them.
      const stop = (): void => {
        if (server.pid !== undefined && server.exitCode === null && server.signalCode === null)
          process.kill(-server.pid, "SIGTERM");
      };
      onTestFinished(stop);
      let out = "";
      server.stdout.on("data", (data) => {
        out += data;
      });
      const port = (): string | undefined => /http:\/\/[^/]*:(\d+)/.exec(out)?.[1];
      await until(() => port() !== undefined, 20_000);
      expect(run(client(`ws://127.0.0.1:${port()}/ws`))).toMatchObject({ status: 0, stdout: "in 1\n", stderr: "" });
      expect((await fetch(`http://127.0.0.1:${port()}/`)).status).toBe(200);
      await until(async () => {
        const { history } = JSON.parse(await (await fetch(`http://127.0.0.1:${port()}/health`)).text());
        return history.state === "on" && history.factsWritten >= 2;
      });
      const ended = once(server, "exit");
      stop();
      await ended;
    });

    test("serve runs inside a program, imported or required", () => {
      const body = (url: string): string => client(url).replace(JSON.stringify(url), "running.url");
      const inside = `import { serve } from "signalbox";
        const running = await serve({ port: 0, host: "127.0.0.1", logLevel: "silent" });
        ${body("x")}
        console.log((await fetch(running.url.replace("ws", "http").replace("/ws", "/health"))).status);
        await running.stop();`;
      expect(run(inside)).toMatchObject({ status: 0, stdout: "in 1\n200\n", stderr: "" });
      const required = `import { createRequire } from "node:module";
        console.log(typeof createRequire(import.meta.url)("signalbox").serve);`;
      expect(run(required).stdout).toBe("function\n");
    });

    test("the core is there, and imports nothing", () => {
      const built = readFileSync(join(folder, "node_modules/signalbox/dist/core.js"), "utf8");
      expect(built).not.toMatch(/^import\b|\brequire\(|\bimport\(/m);
      const program = `import { initial, reduce } from "signalbox/core";
        const [, effects] = reduce(initial, { kind: "ServerStopping", at: 1 });
        console.log(Array.isArray(effects));`;
      expect(run(program)).toMatchObject({ status: 0, stdout: "true\n" });
    });
  });
});
