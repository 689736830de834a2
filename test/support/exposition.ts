/** One line of the text format of Prometheus. */
export interface Exposed {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of a scrape. A line that is none fails the test. */
export const samplesIn = (text: string): ReadonlyArray<Exposed> =>
  text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, name, inside = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (name === undefined) throw new Error(`not a sample: ${line}`);
      const labels = [...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", label = ""]) => [key, label]);
      return { name, labels: Object.fromEntries(labels), value: Number(value) };
    });

/** The names of the metrics, each with its type. */
export const typesIn = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = "", type = ""]) => [name, type]));

/** Samples by name and labels: `signalbox_sessions{state="away"}`. */
export const valuesIn = (text: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    samplesIn(text).map(({ name, labels, value }) => {
      const inside = Object.entries(labels).map(([key, label]) => `${key}="${label}"`);
      return [inside.length === 0 ? name : `${name}{${inside.join(",")}}`, value];
    }),
  );
