import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { configOf } from "../../adapters/server/config.js";
import { isSettingName } from "../../adapters/server/settings.js";
import { type Received, serverWith } from "../support/net.js";
import { read, root, there } from "../support/pages.js";
import { adapted, programs } from "../support/proxies.js";

/** A test that runs the program which owns a format. Without it the test says so; in CI it must be there. */
const ifThere = (program: string, debianPackage: string, sentence: string, does: () => void): void => {
  const isThere = existsSync(program) || process.env.CI;
  const why = `There is no ${program}: install the Debian package "${debianPackage}".`;
  test.skipIf(!isThere)(isThere ? sentence : why, does);
};

const folderFor = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-deploy-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

/** What a program says that finds nothing wrong. */
const quiet = { status: 0, stderr: "" };

const outcome = (program: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) => {
  const { status, stderr } = spawnSync(program, args, { cwd: root, env: { ...process.env, ...env }, encoding: "utf8" });
  return { status, stderr };
};

/** Names that are no settings, and what is wrong with the values of the others. */
const wrongIn = (env: Readonly<Record<string, string>>): ReadonlyArray<string> => {
  const config = configOf(env);
  return [
    ...Object.keys(env).filter((name) => !isSettingName(name)),
    ...(E.isLeft(config) ? config.left.map(({ text }) => text) : []),
  ];
};

const secret = "x".repeat(32);

describe("signalbox.service", () => {
  const unit = read("deploy/signalbox.service");
  const settingIn = (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1] ?? "";

  test("sets what is a setting, and starts what npm start starts", () => {
    const env = Object.fromEntries(
      settingIn("Environment")
        .split(" ")
        .map((pair) => pair.split("=") as [string, string]),
    );
    expect(Object.keys(env)).toContain("TRUST_PROXY");
    expect(wrongIn(env)).toEqual([]);
    expect(`exec ${settingIn("ExecStart").replace("/usr/bin/", "")}`).toBe(
      JSON.parse(read("package.json")).scripts.start,
    );
  });

  ifThere("/usr/bin/systemd-analyze", "systemd", "is a unit as systemd knows it", () => {
    const file = join(folderFor(), "signalbox.service");
    const verify = (text: string) => {
      writeFileSync(file, text.replace("/usr/bin/node", process.execPath));
      return outcome("/usr/bin/systemd-analyze", ["verify", file]);
    };
    expect(verify(unit)).toEqual(quiet);
    expect(verify(unit.replace("TimeoutStopSec", "TimeoutStop")).stderr).toContain("TimeoutStop");
  });
});

describe("Caddyfile", () => {
  ifThere(programs.caddy, "caddy", "is a configuration as Caddy knows it", () => {
    const folder = folderFor();
    const env = { XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
    const validate = (file: string) =>
      outcome(programs.caddy, ["validate", "--adapter", "caddyfile", "--config", file], env);
    expect(validate("deploy/Caddyfile").status).toBe(0);
    writeFileSync(join(folder, "Caddyfile"), adapted("Caddyfile", [["reverse_proxy", "reverse_proxies"]]));
    expect(validate(join(folder, "Caddyfile")).stderr).toContain("reverse_proxies");
  });
});

describe("compose.yaml", () => {
  const given = { SITE: "meet.example.org", SESSION_SECRET: secret, TURN_SECRET: secret };
  const text = read("deploy/compose.yaml").replace(
    /\$\{(\w+)(?::\?[^}]*)?\}/g,
    (_, name: keyof typeof given) => given[name],
  );
  const { services }: Received = parse(text);

  test("sets what is a setting", () => {
    const { environment } = services.signalbox;
    expect(Object.keys(environment)).toContain("TURN_URLS");
    expect(wrongIn(environment)).toEqual([]);
  });

  test("mounts what is there, and sends Caddy to the server's port", () => {
    const mounted = Object.values<Received>(services)
      .flatMap(({ volumes = [] }) => volumes)
      .map((volume: string) => volume.split(":")[0] ?? "")
      .filter((source) => source.startsWith("."));
    expect(mounted.length).toBeGreaterThan(2);
    expect(mounted.filter((source) => !there(join("deploy", source)))).toEqual([]);
    expect(services.caddy.environment.SIGNALBOX).toBe("signalbox:3000");
    expect(read("deploy/Caddyfile")).toContain("{$SIGNALBOX:127.0.0.1:3000}");
    expect(configOf({})).toMatchObject({ right: { port: 3_000 } });
  });

  ifThere("/usr/bin/docker-compose", "docker-compose", "is a project as Compose knows it", () => {
    const check = (file: string, env: Readonly<Record<string, string>>) =>
      outcome("/usr/bin/docker-compose", ["-f", file, "config", "-q"], env);
    expect(check("deploy/compose.yaml", given)).toEqual(quiet);
    expect(check("deploy/compose.yaml", { ...given, TURN_SECRET: "" }).stderr).toContain("TURN_SECRET");
    const file = join(folderFor(), "compose.yaml");
    writeFileSync(file, adapted("compose.yaml", [["stop_grace_period", "stop_period"]]));
    expect(check(file, given).stderr).toContain("stop_period");
  });
});

describe("deploy/cluster", () => {
  const { services }: Received = parse(
    read("deploy/cluster/compose.yaml").replace(/\$\{SESSION_SECRET[^}]*\}/, secret),
    { merge: true },
  );

  test("its nodes have settings that are settings, one log, and nginx in front of all of them", () => {
    const nodes = Object.keys(services).filter((name) => name.startsWith("node"));
    expect(nodes).toEqual(["node1", "node2", "node3"]);
    for (const name of nodes) {
      expect(wrongIn(services[name].environment)).toEqual([]);
      expect(services[name].environment.CLUSTER).toBe("nats://nats:4222");
      expect(read("deploy/cluster/nginx.conf")).toContain(`server ${name}:3000;`);
    }
  });

  ifThere("/usr/bin/docker-compose", "docker-compose", "is a project as Compose knows it", () => {
    const args = ["-f", "deploy/cluster/compose.yaml", "config", "-q"];
    expect(outcome("/usr/bin/docker-compose", args, { SESSION_SECRET: secret })).toEqual(quiet);
  });

  ifThere("/usr/bin/kubectl", "kubernetes-client", "its NATS servers are read by kubectl", () => {
    const file = "deploy/cluster/kubernetes.yaml";
    const args = ["label", "--local", "--dry-run=client", "-o", "name", "-f", file, "checked=yes"];
    const named = execFileSync("/usr/bin/kubectl", args, {
      cwd: root,
      env: { KUBECONFIG: "/dev/null", HOME: folderFor() },
    });
    expect(named.toString().trim().split("\n").sort()).toEqual([
      "configmap/nats",
      "networkpolicy.networking.k8s.io/nats",
      "service/nats",
      "statefulset.apps/nats",
    ]);
  });
});

describe("kubernetes.yaml", () => {
  const documents = parseAllDocuments(read("deploy/kubernetes.yaml"), { version: "1.1" });
  const [deployment, service, ingress]: ReadonlyArray<Received> = documents.map((document) => document.toJS());
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers;

  test("is a deployment, a service and an ingress that belong together", () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect([deployment, service, ingress].map(({ kind }) => kind)).toEqual(["Deployment", "Service", "Ingress"]);
    const { labels } = deployment.spec.template.metadata;
    expect(deployment.spec.selector.matchLabels).toEqual(labels);
    expect(service.spec.selector).toEqual(labels);
    const [{ name, targetPort }] = service.spec.ports;
    expect(container.ports.map((port: Received) => port.name)).toContain(targetPort);
    const [{ backend }] = ingress.spec.rules[0].http.paths;
    expect(backend.service).toEqual({ name: service.metadata.name, port: { name } });
    expect(ingress.spec.tls[0].hosts).toEqual([ingress.spec.rules[0].host]);
  });

  test("sets what is a setting, and the port is the server's", () => {
    const env = Object.fromEntries(container.env.map(({ name, value }: Received) => [name, value]));
    expect(Object.values(env).every((value) => typeof value === "string")).toBe(true);
    expect(wrongIn({ ...env, SESSION_SECRET: secret, TURN_SECRET: secret })).toEqual([]);
    const ports = container.ports.map(({ containerPort }: Received) => String(containerPort));
    expect(ports).toEqual([env.PORT, env.METRICS_PORT]);
    expect(env.ALLOWED_ORIGINS).toBe(`https://${ingress.spec.rules[0].host}`);
  });

  test("asks for its health where the server answers", async () => {
    const { port } = await serverWith();
    for (const { httpGet } of [container.readinessProbe, container.livenessProbe]) {
      expect(container.ports[0].name).toBe(httpGet.port);
      expect((await fetch(`http://127.0.0.1:${port}${httpGet.path}`)).status).toBe(200);
    }
  });

  test("runs as the user that the image has", () => {
    expect(read("Dockerfile")).toMatch(/^USER node$/m);
    expect(pod.securityContext.runAsUser).toBe(1_000);
  });

  ifThere("/usr/bin/kubectl", "kubernetes-client", "is read by kubectl", () => {
    const args = ["label", "--local", "--dry-run=client", "-o", "name", "-f", "deploy/kubernetes.yaml", "checked=yes"];
    const named = execFileSync("/usr/bin/kubectl", args, {
      cwd: root,
      env: { KUBECONFIG: "/dev/null", HOME: folderFor() },
    });
    expect(named.toString().trim().split("\n").sort()).toEqual([
      "deployment.apps/signalbox",
      "ingress.networking.k8s.io/signalbox",
      "service/signalbox",
    ]);
  });
});

test("what has to be stopped has more time than a stop takes", () => {
  const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(read("deploy/signalbox.service")) ?? [];
  const compose: Received = parse(read("deploy/compose.yaml"));
  const [deployment]: ReadonlyArray<Received> = parseAllDocuments(read("deploy/kubernetes.yaml")).map((one) =>
    one.toJS(),
  );
  expect(seconds).toBe("40");
  expect(compose.services.signalbox.stop_grace_period).toBe("40s");
  expect(deployment.spec.template.spec.terminationGracePeriodSeconds).toBe(40);
});
