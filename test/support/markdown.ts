/** A code block and the language it names. */
export interface Fence {
  readonly language: string;
  readonly code: string;
}

export interface Table {
  readonly header: ReadonlyArray<string>;
  readonly rows: ReadonlyArray<ReadonlyArray<string>>;
}

export const fencesOf = (markdown: string, ...languages: ReadonlyArray<string>): ReadonlyArray<Fence> =>
  [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .map(([, language = "", code = ""]) => ({ language, code }))
    .filter(({ language }) => languages.includes(language));

export const proseOf = (markdown: string): string => markdown.replace(/^```\w*\n[\s\S]*?^```$/gm, "");

export const headingsOf = (markdown: string): ReadonlyArray<string> =>
  [...proseOf(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);

/** The anchor that a heading gets where Markdown is shown: lower case, no punctuation, hyphens for spaces. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");

/** The targets of all links and images. */
export const linksOf = (markdown: string): ReadonlyArray<string> =>
  [...proseOf(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);

/** What stands in backticks. */
export const codeIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);

export const tablesOf = (markdown: string): ReadonlyArray<Table> =>
  [...proseOf(markdown).matchAll(/^\|.*\n\|[-|]+\n(?:\|.*\n?)*/gm)].map(([text]) => {
    const [header = [], , ...rows] = text.trim().split("\n").map(cellsOf);
    return { header, rows };
  });

const cellsOf = (line: string): ReadonlyArray<string> =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows of all tables that have this header. */
export const rowsOf = (markdown: string, ...header: ReadonlyArray<string>): Table["rows"] =>
  tablesOf(markdown)
    .filter((table) => table.header.join("|") === header.join("|"))
    .flatMap(({ rows }) => rows);
