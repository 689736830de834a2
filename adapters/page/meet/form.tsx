/** Handles a form's submit: no page load, and the fields as trimmed text, by name. */
export const onSubmit =
  (then: (fields: Readonly<Record<string, string | undefined>>, form: HTMLFormElement) => void) =>
  (event: SubmitEvent): void => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const entries = [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value).trim()]);
    then(Object.fromEntries(entries), event.currentTarget);
  };

/** For a required field: without it, browsers accept spaces only. */
export const notBlank = { pattern: ".*\\S.*", title: "Must not be blank" } as const;

interface NameFieldProps {
  readonly name: string;
  readonly rename: (name: string) => void;
}

export const NameField = ({ name, rename }: NameFieldProps) => (
  <label class="field name-field">
    <span>Your name</span>
    <input
      name="name"
      // Not `value`: then a redraw would undo what is being typed.
      defaultValue={name}
      maxLength={40}
      required
      {...notBlank}
      autocomplete="nickname"
      onChange={({ currentTarget }) => {
        if (currentTarget.value.trim() === "") currentTarget.value = name;
        else rename(currentTarget.value);
      }}
    />
  </label>
);
