import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { freePort } from "../../bench/port.js";
import { until } from "./net.js";
import { read, root } from "./pages.js";

export const programs = { nginx: "/usr/sbin/nginx", caddy: "/usr/bin/caddy" };
const packages = { nginx: "nginx-light", caddy: "caddy" };

/** Why these tests cannot run here, or undefined. In CI they must run. */
export const missingProxy = (name: keyof typeof programs): string | undefined =>
  existsSync(programs[name]) || process.env.CI
    ? undefined
    : `There is no ${programs[name]}: install the Debian package "${packages[name]}" to run the tests behind it.`;

/** The name that deploy/nginx.conf has for the site. */
export const siteName = "meet.example.org";

const folderFor = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), `signalbox-${name}-`));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

/** Whether this machine has an address of IPv6 for itself. */
export const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1"),
);

/** A file of deploy/ with other ports and paths. Throws where one of them does not stand there. */
export const adapted = (file: string, changes: ReadonlyArray<readonly [string, string]>): string =>
  changes.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`deploy/${file} has no ${from}`);
      return text.replaceAll(from, to);
    },
    read(`deploy/${file}`),
  );

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });

/** A program in the foreground that ends with the test, within two minutes in any case. Returns when it listens. */
const run = async (
  program: string,
  args: ReadonlyArray<string>,
  { port, env = {} }: { readonly port: number; readonly env?: Readonly<Record<string, string>> },
): Promise<void> => {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 120_000,
    killSignal: "SIGKILL",
  });
  let told = "";
  child.stderr.on("data", (data) => {
    told += data;
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  await until(() => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${told}`);
    return isListening(port);
  }, 10_000);
};

/** A certificate for the site that nobody has signed. */
const certify = (folder: string): string => {
  const options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const names = ["-subj", `/CN=${siteName}`, "-addext", `subjectAltName=DNS:${siteName}`];
  const files = ["-keyout", join(folder, "site.key"), "-out", join(folder, "site.pem")];
  execFileSync("openssl", ["req", "-x509", ...options, ...names, ...files], { stdio: "ignore" });
  return readFileSync(join(folder, "site.pem"), "utf8");
};

const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((one) => `${one}_temp_path ${one};`);
/** What nginx writes is in its folder, and the program stays in the foreground. */
const withinFolder = {
  main: "daemon off; master_process off; pid nginx.pid; error_log stderr;",
  http: `http { access_log off; ${temporary.join(" ")}`,
};

const runNginxWith = async (folder: string, config: string, port: number): Promise<void> => {
  writeFileSync(join(folder, "nginx.conf"), `${withinFolder.main} ${config}`);
  await run(programs.nginx, ["-p", folder, "-c", "nginx.conf", "-e", "stderr"], { port });
};

/** nginx with these sites, and everything that it writes in a folder of its own. */
const runNginx = (folder: string, sites: string, port: number): Promise<void> =>
  runNginxWith(folder, `events { worker_connections 10000; } ${withinFolder.http}\n${sites}}`, port);

/** nginx with deploy/cluster/nginx.conf in front of three nodes. Answers with its port. */
export const nginxBeforeNodes = async (ports: readonly [number, number, number]): Promise<number> => {
  const port = await freePort();
  const config = adapted("cluster/nginx.conf", [
    ["listen 80;", `listen 127.0.0.1:${port};`],
    ["listen [::]:80;", ""],
    ["http {", withinFolder.http],
    ...ports.map((one, i) => [`node${i + 1}:3000;`, `127.0.0.1:${one};`] as const),
  ]);
  await runNginxWith(folderFor("nginx"), config, port);
  return port;
};

/** nginx with deploy/nginx.conf in front of a server. */
export const nginx = async (
  upstream: { readonly port: number },
  { readTimeout = "60s" } = {},
): Promise<{ readonly port: number; readonly plainPort: number; readonly ca: string }> => {
  const folder = folderFor("nginx");
  const ca = certify(folder);
  const [port, plainPort] = [await freePort(), await freePort()];
  const site = adapted("nginx.conf", [
    ["listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`],
    ["listen [::]:443 ssl;", hasIpv6 ? `listen [::1]:${port} ssl;` : ""],
    ["listen 80;", `listen 127.0.0.1:${plainPort};`],
    ["listen [::]:80;", ""],
    [`/etc/ssl/${siteName}.pem`, join(folder, "site.pem")],
    [`/etc/ssl/${siteName}.key`, join(folder, "site.key")],
    ["http://127.0.0.1:3000;", `http://127.0.0.1:${upstream.port};`],
    ["proxy_read_timeout 60s;", `proxy_read_timeout ${readTimeout};`],
  ]);
  await runNginx(folder, site, port);
  return { port, plainPort, ca };
};

/** As docs/OPERATING.md shows it, The second server gets what the first does not take. */
const balancerOf = (port: number, [first, second]: readonly [number, number]): string => `
  map $http_upgrade $connection_upgrade {
    default upgrade;
    ''      close;
  }
  upstream signalbox {
    server 127.0.0.1:${first};
    server 127.0.0.1:${second} backup;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://signalbox;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Host $http_host;
      proxy_next_upstream error timeout http_503;
    }
  }
`;

/** nginx in front of two servers, ended when the test is over. Answers with its port. */
export const nginxBefore = async (ports: readonly [number, number]): Promise<number> => {
  const port = await freePort();
  await runNginx(folderFor("nginx"), balancerOf(port, ports), port);
  return port;
};

/** Caddy with deploy/Caddyfile in front of a server, without TLS: it would ask for a certificate. */
export const caddy = async (upstream: { readonly port: number }): Promise<{ readonly port: number }> => {
  const folder = folderFor("caddy");
  const port = await freePort();
  const env = {
    SITE: `http://127.0.0.1:${port}`,
    SIGNALBOX: `127.0.0.1:${upstream.port}`,
    XDG_CONFIG_HOME: folder,
    XDG_DATA_HOME: folder,
  };
  const file = join(folder, "caddy.json");
  const options = { cwd: root, env: { ...process.env, ...env } };
  const made = execFileSync(programs.caddy, ["adapt", "--config", "deploy/Caddyfile"], { ...options, stdio: "pipe" });
  // Its port for orders is the same for every Caddy of a machine.
  writeFileSync(file, JSON.stringify({ ...JSON.parse(made.toString()), admin: { disabled: true } }));
  await run(programs.caddy, ["run", "--config", file], { port, env });
  return { port };
};
