import { notBlank } from "./form.js";

interface NameFieldProps {
  readonly name: string;
  readonly rename: (name: string) => void;
}

export const NameField = ({ name, rename }: NameFieldProps) => (
  <label class="field name-field">
    <span>Your name</span>
    <input
      name="name"
      value={name}
      maxLength={40}
      required
      {...notBlank}
      autocomplete="nickname"
      onChange={({ currentTarget }) => {
        if (currentTarget.value.trim() !== "") rename(currentTarget.value);
      }}
    />
  </label>
);
