import { describe, expect, test } from "vitest";
import { rooms, subscribe } from "../../support/net.js";
import { access, create, does, explained, hosted, joins, met, offer, recorded, request, signaling } from "./story.js";

describe("knocks", () => {
  test("a room that is not there", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect, rooms);
      await does(bob, subscribe(), joins("bob", "r7"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "user-joined-room (r7) of BOB (bob) was refused at #9 with room-not-found: no such room was open. Create it first, and ask for the list again after a reconnect. [JoinRequested]
      No socket ever joined or published as BOB: it appears only in a refused message.
      They were never in the same room at the same time: ANN (ann) joined Room (r1) at #6; BOB joined none. [JoinRequested]
      ANN and BOB never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("a room that is full", async () => {
    const moments = await recorded(
      async (connect) => {
        const [, bob] = await hosted(connect, rooms);
        await does(bob, subscribe(), joins("bob"));
      },
      { ROOM_PARTICIPANTS_MAX: "1" },
    );
    expect(explained(moments)).toMatchInlineSnapshot(`
      "user-joined-room (r1) of BOB (bob) was refused at #9 with room-full: the room had reached its participant limit (ROOM_PARTICIPANTS_MAX). [JoinRequested]
      No socket ever joined or published as BOB: it appears only in a refused message.
      They were never in the same room at the same time: ANN (ann) joined Room (r1) at #6; BOB joined none. [JoinRequested]
      ANN and BOB never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("a channel too many", async () => {
    const moments = await recorded(
      async (connect) => {
        const [ann, bob] = await hosted(connect, signaling);
        await does(bob, subscribe(), joins("bob"), subscribe(signaling));
        await does(ann, offer());
      },
      { CLIENT_CHANNELS_MAX: "1" },
    );
    expect(explained(moments)).toMatchInlineSnapshot(`
      "subscribe (webrtc-signaling) of BOB (bob) was refused at #10 with too-many-channels: the client had reached its channel limit, and is not subscribed to this one. [SubscribeRequested]
      The webrtc-offer #12 of ANN (ann) reached nobody: BOB was connected (socket 2) but not subscribed to webrtc-signaling, only to webrtc-dashboard-rooms; it never subscribed to it. [PublishRequested]
      Next: look at BOB's page around #12: it must be connected, subscribed to webrtc-signaling and known by exactly this id before ANN offers, or ANN must offer again once it is. [PublishRequested]"
    `);
  });

  const asked = (type?: string) =>
    recorded(async (connect) => {
      const [ann, bob] = await hosted(connect, access);
      await does(bob, subscribe(access), request("join-request", "bob", "ann"));
      if (type !== undefined) await does(ann, request(type, "ann", "bob"));
    });

  test("a knock that was never answered", async () => {
    expect(explained(await asked())).toMatchInlineSnapshot(`
      "bob knocked at #9, and ANN (ann) never answered. [PublishRequested]
      They were never in the same room at the same time: ANN joined Room (r1) at #6; bob joined none. [JoinRequested]
      ANN and bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("a knock that was denied", async () => {
    expect(explained(await asked("join-rejected"))).toMatchInlineSnapshot(`
      "bob knocked at #9 and was denied at #11. [PublishRequested, PublishRequested]
      They were never in the same room at the same time: ANN (ann) joined Room (r1) at #6; bob joined none. [JoinRequested]
      ANN and bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("a knock that was admitted, and nobody came", async () => {
    expect(explained(await asked("join-approved"))).toMatchInlineSnapshot(`
      "bob knocked at #9 and was admitted at #11, but never joined. [PublishRequested, PublishRequested]
      They were never in the same room at the same time: ANN (ann) joined Room (r1) at #6; bob joined none. [JoinRequested]
      ANN and bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("a knock that was withdrawn", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect, access);
      await does(bob, request("join-request", "bob", "ann"), request("join-withdrawn", "bob", "ann"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "bob knocked at #8 and withdrew at #9. [PublishRequested, PublishRequested]
      They were never in the same room at the same time: ANN (ann) joined Room (r1) at #6; bob joined none. [JoinRequested]
      ANN and bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });

  test("put out by the host", async () => {
    const moments = await recorded(async (connect) => {
      const [ann] = await met(connect);
      await does(ann, { type: "user-left-room", data: { roomId: "r1", userId: "bob" } });
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "ANN (ann) and BOB (bob) never sent each other an offer.
      The first to leave was BOB, who was removed from room Room (r1) by the host at #13. [LeaveRequested]
      Next: find out why neither page called: did each have the other in its room list, and is one waiting for an approval, a click or a camera? There was nothing for the server to relay."
    `);
  });

  test("a knock that nobody heard", async () => {
    const moments = await recorded(async (connect) => {
      const [, bob] = await hosted(connect);
      await does(bob, request("join-request", "bob", "ann"));
    });
    expect(explained(moments)).toMatchInlineSnapshot(`
      "bob knocked at #7, and ANN (ann) never answered: the knock reached nobody, so ANN was not subscribed to webrtc-dashboard-access. [PublishRequested]
      They were never in the same room at the same time: ANN joined Room (r1) at #5; bob joined none. [JoinRequested]
      ANN and bob never sent each other an offer.
      Next: fix the first of these; the others may follow from it."
    `);
  });
});

test("nothing that a client wrote steers the terminal, and no description is shown", async () => {
  const moments = await recorded(
    async (connect) => {
      const [ann, bob] = [await connect(), await connect()];
      const name = { type: "user-joined-room", data: { roomId: "r1", userId: "ann", userName: "\u202EANN</script>" } };
      await does(ann, create(), name);
      await does(bob, subscribe(), joins("bob"));
      await does(ann, { ...offer(), type: "offer\u001b[31m\r\nroot" });
    },
    { RECORD_PAYLOADS: "full" },
  );
  const text = explained(moments, "\u202EANN</script>");
  expect(text).toContain("\\u{202e}ANN</script>");
  expect(text).toContain("offer\\u{1b}[31m\\u{d}\\u{a}root");
  for (const never of ["\u001b", "\r", "\u202E", "verysecretpassword", "203.0.113"]) expect(text).not.toContain(never);
});
