import type { Order } from "./frames.js";
import type { Orders } from "./room-events.js";
import type { Transport } from "./transport.js";

export const orders = (room: string, ask: Transport["ask"]): Orders => {
  const order = async (it: Order): Promise<void> => void (await ask(it));
  return {
    close: () => order({ type: "close", room }),
    lock: (locked = true) => order({ type: "lock", room, locked }),
    admit: (user) => order({ type: "admit", room, user }),
    deny: (user, options) => order({ type: "deny", room, user, ...options }),
    remove: (user, options) => order({ type: "remove", room, user, ...options }),
    unban: (user) => order({ type: "unban", room, user }),
    setRole: (user, role) => order({ type: "role", room, user, role }),
  };
};
