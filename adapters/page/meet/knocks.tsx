import { isolateBidi } from "./bidi.js";
import type { Call } from "./call.js";

/** Who waits to be let in, for those who decide it. */
export const Knocks = ({ call }: { readonly call: Call }) => {
  const waiting = [...call.room.waiting.values()];
  return (
    <section aria-label="Waiting room" class="knocks">
      <p class="visually-hidden" role="status">
        {waiting.length > 0 && `Waiting to be let in: ${waiting.map(({ name }) => isolateBidi(name)).join(", ")}`}
      </p>
      {waiting.length > 0 && (
        <ul aria-label="Waiting">
          {waiting.map((knock) => (
            <li key={knock.user} class="card knock">
              <p>
                <strong>
                  <bdi>{knock.name}</bdi>
                </strong>{" "}
                is waiting to be let in.
              </p>
              <div class="buttons">
                <button
                  type="button"
                  class="small"
                  aria-label={`Admit ${isolateBidi(knock.name)}`}
                  onClick={() => call.attempt(knock.admit)}
                >
                  Admit
                </button>
                <button
                  type="button"
                  class="secondary small"
                  aria-label={`Deny ${isolateBidi(knock.name)}`}
                  onClick={() => call.attempt(() => knock.deny())}
                >
                  Deny
                </button>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};
