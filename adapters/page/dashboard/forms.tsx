import { useEffect, useRef } from "preact/hooks";

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

interface NameFormProps {
  readonly label: string;
  readonly action: string;
  readonly name: string;
  readonly onName: (name: string) => void;
}

export const NameForm = ({ label, action, name, onName }: NameFormProps) => {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  return (
    <form class="inline-form" onSubmit={onSubmit(({ name: given }) => given && onName(given))}>
      <label class="field">
        <span>{label}</span>
        <input
          ref={field}
          name="name"
          defaultValue={name}
          maxLength={40}
          required
          {...notBlank}
          autocomplete="nickname"
        />
      </label>
      <button type="submit">{action}</button>
    </form>
  );
};
