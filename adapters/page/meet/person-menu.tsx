import { useEffect, useRef, useState } from "preact/hooks";
import type { Participant, Room } from "../../client/index.js";
import { isolateBidi } from "./bidi.js";
import type { Call } from "./call.js";
import { Icon } from "./icons.js";

const hourMs = 3_600_000;

interface Order {
  readonly label: string;
  readonly isDangerous: boolean;
  readonly give: () => Promise<void>;
}

/** What I may do to somebody. The server decides; this is what it is expected to allow. */
const ordersFor = (room: Room, { user, role, isMe }: Participant): ReadonlyArray<Order> => {
  const mine = room.me.role;
  if (isMe || mine === "participant" || (mine === "cohost" && role !== "participant")) return [];
  const order = (label: string, give: () => Promise<void>, isDangerous = false): Order => ({
    label,
    isDangerous,
    give,
  });
  const roles =
    mine !== "host"
      ? []
      : [
          role === "cohost"
            ? order("Take back co-host", () => room.setRole(user, "participant"))
            : order("Make co-host", () => room.setRole(user, "cohost")),
          order("Hand over host role", () => room.setRole(user, "host")),
        ];
  return [
    ...roles,
    order("Remove", () => room.remove(user), true),
    order("Ban for 1 hour", () => room.remove(user, { banMs: hourMs }), true),
  ];
};

interface PersonMenuProps {
  readonly call: Call;
  readonly participant: Participant;
}

/** A button that shows what can be done. Escape, and a click elsewhere, close it again. */
export const PersonMenu = ({ call, participant }: PersonMenuProps) => {
  const [isOpen, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    menu.current?.querySelector("button")?.focus({ preventScroll: true });
    menu.current?.scrollIntoView({ block: "nearest" });
    const close = ({ target }: Event): void => {
      if (target instanceof Node && !menu.current?.parentElement?.contains(target)) setOpen(false);
    };
    // Not before the click: what moves under the pointer would not be clicked.
    addEventListener("click", close);
    return () => removeEventListener("click", close);
  }, [isOpen]);
  const orders = ordersFor(call.room, participant);
  if (orders.length === 0) return null;
  const name = isolateBidi(participant.name);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape is for whatever has the focus in it
    <div
      class="menu"
      onKeyDown={({ key }) => {
        if (key !== "Escape" || !isOpen) return;
        setOpen(false);
        button.current?.focus();
      }}
    >
      <button
        ref={button}
        type="button"
        class="secondary small icon-button"
        aria-label={`Actions for ${name}`}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon of="more" />
      </button>
      {isOpen && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields
        <div class="menu-list" role="group" aria-label={`Actions for ${name}`} ref={menu}>
          {orders.map(({ label, isDangerous, give }) => (
            <button
              key={label}
              type="button"
              class={isDangerous ? "menu-item dangerous" : "menu-item"}
              onClick={() => {
                setOpen(false);
                button.current?.focus();
                call.attempt(give);
              }}
            >
              {label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
};
