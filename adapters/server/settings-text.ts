import { flagOf, groups, type Setting, type SettingName, settingNames, settingOf } from "./settings.js";

const widthMax = 100;

/** Undefined: there is none. */
const defaultOf = ({ kind: { fallback } }: Setting<unknown>): string | undefined =>
  fallback === undefined || (Array.isArray(fallback) && fallback.length === 0) ? undefined : String(fallback);

const namesIn = (group: string): ReadonlyArray<SettingName> =>
  settingNames.filter((name) => settingOf(name).group === group);

/** Markdown as plain text: what links say, without what they point at, and no marks. */
const plain = (markdown: string): string =>
  markdown
    .replace(/ ?\(\[[^\]]*\]\([^)]*\)\)/g, "")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/`|\*\*/g, "");

/** Lines of at most so many characters, each with something before it. */
const wrapped = (text: string, before: string): ReadonlyArray<string> => {
  const lines: string[] = [];
  let line = before;
  for (const word of text.split(" ")) {
    const isFull = line.length + 1 + word.length > widthMax && line !== before;
    if (isFull) lines.push(line);
    line = isFull || line === before ? `${before}${word}` : `${line} ${word}`;
  }
  return [...lines, line];
};

/** The meaning as plain sentences. One that begins with a value keeps it as it is. */
const sentence = (markdown: string): string => {
  const text = plain(markdown);
  return `${markdown.startsWith("`") ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`}.`;
};

/** What may be set, and what counts if it is not: `0–65535, default 3000`. */
const valuesOf = (setting: Setting<unknown>): string => {
  const fallback = defaultOf(setting);
  return `${plain(setting.kind.values)}${fallback === undefined ? "" : `; default: ${fallback}`}`;
};

/** What --help says about the settings. */
export const settingsHelp = (): string =>
  groups
    .map((group) => {
      const lines = namesIn(group).flatMap((name) => {
        const setting = settingOf(name);
        // A secret cannot be a flag.
        const title = setting.secret ? name : flagOf(name);
        return [...wrapped(`${title}  ${valuesOf(setting)}`, "  "), ...wrapped(sentence(setting.meaning), "      ")];
      });
      return [`${group}:`, ...lines].join("\n");
    })
    .join("\n\n");

/** A file with every setting, commented out. */
export const envExample = (): string => {
  const parts = groups.map((group) =>
    [
      `# ${group}`,
      ...namesIn(group).flatMap((name) => {
        const setting = settingOf(name);
        const meaning = wrapped(sentence(setting.meaning), "# ");
        return [
          "",
          ...meaning,
          ...wrapped(`Values: ${valuesOf(setting)}`, "# "),
          `#${name}=${defaultOf(setting) ?? ""}`,
        ];
      }),
    ].join("\n"),
  );
  return `${["# All settings of Signalbox. Copy this file to .env, and take the # from what you set.", ...parts].join("\n\n")}\n`;
};

const tableHead = "| variable | values | default | |\n|---|---|---|---|\n";

/** docs/OPERATING.md with the table below each group's heading as the settings are. Throws where a heading is missing. */
export const withTables = (page: string): string => {
  const sections = page.split(/^(?=#+ )/m);
  for (const group of groups) {
    const at = sections.findIndex((section) => section.startsWith(`### ${group}\n`));
    const section = sections[at];
    if (section === undefined) throw new Error(`docs/OPERATING.md has no heading "### ${group}"`);
    const [before = "", after = ""] = section.split(/\| variable \|.*\n\|[-|]+\n(?:\|.*\n)*/);
    sections[at] = `${before.trimEnd()}\n\n${tableHead}${namesIn(group).map(rowOf).join("")}\n${after.trimStart()}`;
  }
  return sections.join("");
};

const rowOf = (name: SettingName): string => {
  const setting = settingOf(name);
  const fallback = defaultOf(setting);
  const cells = [`\`${name}\``, setting.kind.values, fallback === undefined ? "–" : `\`${fallback}\``, setting.meaning];
  return `| ${cells.join(" | ")} |\n`;
};
