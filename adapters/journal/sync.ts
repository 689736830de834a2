import { open } from "node:fs/promises";

/** A new file is only there after a power cut if its folder was synced too; Windows knows no such thing. */
export const syncFolder = async (path: string): Promise<void> => {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  await folder.sync().finally(() => folder.close());
};
