import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { configOf, drainSecondsOf } from "../../adapters/server/config.js";
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

  test("has been started when the server is ready, and not before", async () => {
    const [, script = ""] = /^\/usr\/bin\/node -e "(.*)"$/.exec(settingIn("ExecStartPost")) ?? [];
    expect(script).not.toMatch(/[%$"\\]/);
    const { port } = await serverWith();
    const waiting = (at: number, tries: string) =>
      spawnSync(process.execPath, ["-e", script.replace(":3000", `:${at}`).replace("n < 400", tries)], {
        timeout: 20_000,
      }).status;
    expect(waiting(1, "n < 2")).toBe(1);
    const ended = new Promise((resolve) =>
      spawn(process.execPath, ["-e", script.replace(":3000", `:${port}`)]).on("exit", resolve),
    );
    expect(await ended).toBe(0);
  });

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

/** Reads a file as the type that it is for: what Kubernetes does not know is refused, or missing in what comes back. */
const asKubernetes = (document: Received): Received => {
  const file = join(folderFor(), "one.yaml");
  writeFileSync(file, stringify(document));
  const args = ["set", "env", "--local", "--dry-run=client", "-o", "json", "-f", file, "CHECKED=yes"];
  const env = { KUBECONFIG: "/dev/null", HOME: folderFor() };
  const stdio = ["ignore", "pipe", "pipe"] as const;
  const known = JSON.parse(execFileSync("/usr/bin/kubectl", args, { cwd: root, env, stdio: [...stdio] }).toString());
  known.spec.template.spec.containers[0].env.pop();
  return known;
};

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
    const set = parseAllDocuments(read(file)).map((one): Received => one.toJS());
    const stateful = set.find(({ kind }) => kind === "StatefulSet");
    expect(asKubernetes(stateful)).toMatchObject(stateful);
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
    expect(asKubernetes(deployment)).toMatchObject(deployment);
    // A name that is misspelt does not come back, and a value of another type is refused.
    const { readinessProbe, ...rest } = container;
    const misspelt = {
      ...deployment,
      spec: {
        ...deployment.spec,
        template: {
          ...deployment.spec.template,
          spec: { ...pod, containers: [{ ...rest, readynessProbe: readinessProbe }] },
        },
      },
    };
    expect(JSON.stringify(asKubernetes(misspelt))).not.toContain("/readyz");
    expect(() => asKubernetes({ ...deployment, spec: { ...deployment.spec, replicas: "one" } })).toThrow(/replicas/);
  });
});

test("whatever ends the server gives it more time than it takes", () => {
  const unit = read("deploy/signalbox.service");
  const [, unitSeconds] = /^TimeoutStopSec=(\d+)$/m.exec(unit) ?? [];
  const ends: Array<readonly [place: string, seconds: number, env: Readonly<Record<string, string>>]> = [
    ["signalbox.service", Number(unitSeconds), { DRAIN_SECONDS: /DRAIN_SECONDS=(\d+)/.exec(unit)?.[1] ?? "" }],
  ];
  for (const file of ["compose.yaml", "cluster/compose.yaml"]) {
    const { services }: Received = parse(read(`deploy/${file}`), { merge: true });
    for (const [name, { environment, stop_grace_period: grace }] of Object.entries<Received>(services))
      if (environment?.NODE_ENV !== undefined) ends.push([`${file}: ${name}`, Number.parseInt(grace, 10), environment]);
  }
  const [deployment]: ReadonlyArray<Received> = parseAllDocuments(read("deploy/kubernetes.yaml")).map((one) =>
    one.toJS(),
  );
  const pod = deployment.spec.template.spec;
  const env = Object.fromEntries(pod.containers[0].env.map(({ name, value }: Received) => [name, value]));
  ends.push(["kubernetes.yaml", pod.terminationGracePeriodSeconds, env]);
  const ofImage = /--stop-timeout (\d+) signalbox$/m.exec(read("docs/OPERATING.md"))?.[1];
  ends.push(["docker run", Number(ofImage), {}]);
  expect(ends).toHaveLength(7);
  for (const [place, seconds, { DRAIN_SECONDS }] of ends) {
    const config = configOf({ NODE_ENV: "production", ...(DRAIN_SECONDS === undefined ? {} : { DRAIN_SECONDS }) });
    if (E.isLeft(config)) throw new Error(place);
    // What is on its way is finished, and files are written.
    expect([place, seconds >= drainSecondsOf(config.right) + 10]).toEqual([place, true]);
  }
});
