import { writeFileSync } from "node:fs";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

/** fp-ts registers its types for type classes, which nothing here uses. */
const withoutRegistry = (code) =>
  code
    .replace(/^declare module '\.\/HKT' \{\n.*?^\}\n/gms, "")
    .replace(/^declare const (URI(?:\$\d+)?) = '\w+'\n(?:\/\*\*.*?\*\/\n)?type \1 = typeof \1\n/gms, "");

// Writes the declarations of what package.json exports, one file each, which refer to nothing but Node's own modules.
const exported = { index: "adapters/server/index.ts", core: "core/index.ts", client: "adapters/client/index.ts" };

for (const [name, input] of Object.entries(exported)) {
  const lib = name === "client" ? ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"] : ["lib.es2023.d.ts"];
  const bundle = await rollup({
    input,
    external: /^node:/,
    plugins: [dts({ respectExternal: true, compilerOptions: { lib } })],
    onwarn: ({ message }) => {
      if (!message.includes("declare module './HKT'")) throw new Error(message);
    },
  });
  const { output } = await bundle.generate({ format: "es" });
  writeFileSync(`dist/${name}.d.ts`, withoutRegistry(output[0].code));
  await bundle.close();
}
