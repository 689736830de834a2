import type { Plan } from "./plan.js";
import { simulate } from "./world.js";

const linesMax = 60;

/** A plan that fails, with the last events before it does. */
export const report = (plan: Plan): string => {
  const lines: string[] = [];
  const { failure } = simulate(plan, (line, atMs) => {
    lines.push(`${String(atMs).padStart(8)} ${line}`);
  });
  const items = plan.items.map(
    ({ at, do: what, client, salt }) => `${String(at).padStart(8)} ${what} ${client} ${salt}`,
  );
  const { items: _, ...world } = plan;
  return [
    `Shrunk to ${plan.items.length} acts and faults: ${failure?.sentence}`,
    JSON.stringify(world),
    ...items,
    `The last of ${lines.length} events of the server:`,
    ...lines.slice(-linesMax),
  ].join("\n");
};
