import { expect, test } from "vitest";
import { serverWith } from "../support/net.js";
import { create, inBrowser, inRoom, open } from "./meet.js";

inBrowser("the console", () => {
  test("sends a message and shows the answer, and explains why a connection was closed", async () => {
    const { port } = await serverWith();
    const { page, complaints } = await open(port, "/ws-test.html");
    const log = page.getByRole("log", { name: "Frames" });
    await page.getByRole("button", { name: "Connect" }).click();
    await log.getByText("Connected to").waitFor();
    await page.getByRole("button", { name: "Ping" }).click();
    await page.getByRole("button", { name: "Send" }).click();
    await log.getByText('"type": "pong"').waitFor();
    await page.getByRole("textbox", { name: "Message" }).fill("x".repeat(70_000));
    await page.getByRole("button", { name: "Send" }).click();
    await log.getByText("1009. The message was too big").waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    expect(await log.textContent()).toBe("");
    expect(complaints).toEqual([]);
  });

  test("every sample message is accepted by the server", async () => {
    const { port } = await serverWith();
    const { page, frames } = await open(port, "/ws-test.html");
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("Connected to").waitFor();
    const samples = await page.getByRole("group", { name: "Samples" }).getByRole("button").all();
    for (const sample of samples) {
      await sample.click();
      await page.getByRole("button", { name: "Send" }).click();
    }
    await page.getByRole("button", { name: "Ping" }).click();
    await page.getByRole("button", { name: "Send" }).click();
    await expect.poll(() => frames.filter(({ text }) => text.includes('"pong"')).length).toBe(2);
    expect(frames.filter(({ direction }) => direction === "sent")).toHaveLength(9);
    expect(frames.filter(({ text }) => text.includes('"error"'))).toEqual([]);
  });

  test("is one click away from a room, in a window of its own, and so is the way back", async () => {
    const { port } = await serverWith();
    const ann = await create(port, "Ann");
    const opened = ann.page.waitForEvent("popup");
    await ann.page.getByRole("link", { name: "Console" }).click();
    const page = await opened;
    await page.getByRole("heading", { name: "Console", level: 1 }).waitFor();
    expect(await page.title()).toBe("Console · Signalbox");
    await inRoom(ann, "Standup");
    await page.getByRole("link", { name: "Rooms" }).click();
    // A window of its own is a user of its own.
    await page.getByRole("button", { name: "Join \u2068Standup\u2069" }).waitFor();
  });
});
