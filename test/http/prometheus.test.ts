import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { disagree, engine, missingEngine, ofCluster } from "../cluster/nodes.js";
import { type Started, start } from "../support/child.js";
import { webhookSecret } from "../support/history.js";
import { until } from "../support/net.js";
import { read } from "../support/pages.js";
import { deployed, metricsPortOf, missingPrometheus, prometheusOf, promtool } from "../support/prometheus.js";
import {
  confuse,
  crashOften,
  endHistory,
  fallSilent,
  fill,
  fillDisk,
  goAstray,
  holdUp,
  showTokens,
  takeAway,
  useOf,
} from "../support/troubles.js";

const missing = missingPrometheus() ?? missingEngine();
if (missing !== undefined) process.stdout.write(`test/http/prometheus.test.ts is skipped. ${missing}\n`);

const alertNames = [...read("deploy/prometheus/alerts.yml").matchAll(/- alert: (\w+)/g)].map(([, name = ""]) => name);

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "signalbox-watched-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

describe.skipIf(missing !== undefined)("Prometheus", () => {
  test("promtool finds nothing wrong with the configuration, the alerts and their tests", () => {
    expect(promtool(["check", "config", "prometheus.yml"])).toMatchObject({ status: 0 });
    expect(promtool(["test", "rules", "alerts.test.yml"])).toMatchObject({ status: 0 });
  });

  test("every alert has a test in which it fires", () => {
    const fires = [
      ...readFileSync(join(deployed, "alerts.test.yml"), "utf8").matchAll(/alertname: (\w+)\n +exp_alerts:\n/g),
    ];
    expect(alertNames.length).toBeGreaterThan(10);
    expect([...new Set(fires.map(([, name]) => name))].sort()).toEqual([...alertNames].sort());
  });

  test("each alert fires where its trouble is, and the dashboard shows a server that is well", async () => {
    const lost = folder();
    const recorded = { RECORD: lost, RECORD_FILE_BYTES_MAX: "1024" };
    const one = { METRICS_PORT: "0" };
    const well = start({ ...one, RECORD: folder() });
    const webhooks = { WEBHOOK_URL: "http://127.0.0.1:9/", WEBHOOK_SECRET: webhookSecret };
    const untold = { HISTORY: join(folder(), "history.db"), ...webhooks };
    const confused = start({ ...one, ...recorded, ...untold, PING_AFTER_MS: "200", CUT_AFTER_MS: "400" });
    const full = start({ ...one, CLIENTS_MAX: "10", CUT_AFTER_MS: "600000" });
    const slow = start({ ...one, AUTH_JWKS_URL: "http://127.0.0.1:9/keys", HISTORY: join(folder(), "history.db") });
    const unwritten = start({ ...one, DATA: folder() });
    const nats = await engine();
    const among = start({ ...one, ...ofCluster(nats) });
    const { port: crashing, crashed } = await crashOften(3);
    const port = new Map<Started, number>();
    for (const server of [well, confused, full, slow, unwritten, among]) port.set(server, await metricsPortOf(server));
    const prometheus = await prometheusOf([...port.values(), crashing]);
    await Promise.all([
      useOf(well),
      confuse(confused),
      fallSilent(confused),
      takeAway(confused, lost),
      fill(full, 10),
      goAstray(full),
      showTokens(slow),
      endHistory(slow),
      fillDisk(unwritten),
      disagree(nats.url),
    ]);
    holdUp(slow);
    await crashed(prometheus);

    const nameOf = (server: Started): string => `127.0.0.1:${port.get(server)}`;
    const fired = async (): Promise<ReadonlySet<string>> => {
      const alerts = await prometheus.query('max_over_time(ALERTS{alertstate="firing"}[2m])');
      return new Set(alerts.map(({ metric: { alertname, instance } }) => `${alertname} ${instance}`));
    };
    const expected = (instance: string, ...names: ReadonlyArray<string>): ReadonlyArray<string> =>
      names.map((name) => `Signalbox${name} ${instance}`);
    const troubles = [
      ...expected(`127.0.0.1:${crashing}`, "Restarting", "Down"),
      ...expected(nameOf(slow), "EventLoopSlow", "TokensUnverifiable", "TokensRefused", "HistoryFailing"),
      ...expected(nameOf(unwritten), "DataFailing"),
      ...expected(nameOf(among), "NodesDisagree"),
      ...expected(nameOf(full), "NearlyFull", "TurningAway", "HandshakesRefused", "DrainUnfinished"),
      ...expected(
        nameOf(confused),
        "RecordingEnded",
        "WebhooksFailing",
        "ClientsCutOff",
        "Refusing",
        "ResumesFail",
        "SignalsFail",
      ),
    ];
    expect(troubles.map((trouble) => trouble.split(" ")[0]).sort()).toEqual([...alertNames].sort());

    let firing = await fired();
    const unheard = (): ReadonlyArray<string> => troubles.filter((trouble) => !firing.has(trouble));
    await until(async () => {
      firing = await fired();
      return unheard().every((trouble) => trouble.includes("DrainUnfinished"));
    }, 15_000).catch(() => expect(unheard()).toEqual([]));
    full.child.kill("SIGTERM");
    await until(async () => {
      firing = await fired();
      return unheard().length === 0;
    }, 10_000).catch(() => expect(unheard()).toEqual([]));
    // The machine of the tests may really be slow.
    const ofWell = [...firing].filter((trouble) => trouble.endsWith(nameOf(well)) && !/EventLoopSlow/.test(trouble));
    expect(ofWell).toEqual([]);

    const scraped = await (await fetch(`http://${nameOf(well)}/metrics`)).text();
    expect(promtool(["check", "metrics"], scraped)).toEqual({ status: 0, said: "" });
    for (const { title, expr } of dashboardQueries(nameOf(well))) {
      const samples = await prometheus.query(expr);
      expect(
        samples.some(({ value }) => Number.isFinite(value)),
        `${title}: ${expr}`,
      ).toBe(true);
    }
    expect(await prometheus.labelValues("job", "signalbox_build_info")).toEqual(["signalbox"]);
    expect(await prometheus.labelValues("instance", 'signalbox_build_info{job="signalbox"}')).toContain(nameOf(well));
  }, 60_000);
});

interface Query {
  readonly title: string;
  readonly expr: string;
}

interface Panel {
  readonly title: string;
  readonly targets?: ReadonlyArray<{ readonly expr: string }>;
}

/** Every query of the dashboard, as Grafana asks it for one server. */
const dashboardQueries = (instance: string): ReadonlyArray<Query> => {
  const { panels }: { readonly panels: ReadonlyArray<Panel> } = JSON.parse(read("deploy/grafana/signalbox.json"));
  const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
  expect(queries.length).toBeGreaterThan(30);
  const values: Readonly<Record<string, string>> = { job: "signalbox", instance, __rate_interval: "10s" };
  return queries.map(({ title, expr }) => ({
    title,
    expr: expr.replace(/\$(\w+)/g, (_, name) => values[name] ?? name),
  }));
};
