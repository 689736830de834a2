/** A form's fields as trimmed text, by name, in the place of a page load. */
export const submitted =
  (then: (fields: Readonly<Record<string, string | undefined>>, form: HTMLFormElement) => void) =>
  (event: SubmitEvent): void => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const entries = [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value).trim()]);
    then(Object.fromEntries(entries), event.currentTarget);
  };

/** For a required field: a browser would take spaces for an answer. */
export const notBlank = { pattern: ".*\\S.*", title: "More than spaces" } as const;
