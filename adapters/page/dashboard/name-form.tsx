import { useEffect, useRef } from "preact/hooks";
import { notBlank, submitted } from "./form.js";

interface NameFormProps {
  readonly label: string;
  readonly action: string;
  readonly name: string;
  readonly named: (name: string) => void;
}

export const NameForm = ({ label, action, name, named }: NameFormProps) => {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  return (
    <form class="one-line" onSubmit={submitted(({ name: given }) => given && named(given))}>
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
