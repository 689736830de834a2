export type Media = MediaStream | ReadonlyArray<MediaStream>;

export interface Outgoing {
  readonly track: MediaStreamTrack;
  readonly stream: MediaStream;
}

export const outgoing = (media: Media | undefined): ReadonlyArray<Outgoing> =>
  (media === undefined ? [] : "getTracks" in media ? [media] : media).flatMap((stream) =>
    stream.getTracks().map((track) => ({ track, stream })),
  );

/**
 * Makes a connection send these tracks. A track takes the place of one of its kind where it can, which needs no new offer; what is left
 * over is stopped, what is missing is added.
 */
export const sendTracks = async (pc: RTCPeerConnection, wanted: ReadonlyArray<Outgoing>): Promise<void> => {
  const missing = new Map(wanted.map((it) => [it.track, it]));
  const senders = pc.getSenders();
  for (const { track } of senders) if (track) missing.delete(track);
  const isOver = (sender: RTCRtpSender): boolean =>
    sender.track !== null && !wanted.some((it) => it.track === sender.track);
  for (const sender of senders.filter(isOver)) {
    const successor = [...missing.values()].find(({ track }) => track.kind === sender.track?.kind);
    if (!successor) {
      pc.removeTrack(sender);
      continue;
    }
    missing.delete(successor.track);
    // To the other side it stays the same stream, or a new offer would be needed after all.
    await sender.replaceTrack(successor.track);
  }
  for (const { track, stream } of missing.values()) await addTrack(pc, track, stream);
};

const addTrack = async (pc: RTCPeerConnection, track: MediaStreamTrack, stream: MediaStream): Promise<void> => {
  const idle = pc
    .getTransceivers()
    .find(
      ({ sender, receiver, direction }) =>
        direction !== "stopped" && !sender.track && receiver.track.kind === track.kind,
    );
  // addTrack would take a new section for a sender that has sent before, and sections never go away.
  if (!idle) return void pc.addTrack(track, stream);
  await idle.sender.replaceTrack(track);
  idle.sender.setStreams?.(stream);
  idle.direction = idle.direction === "recvonly" || idle.direction === "sendrecv" ? "sendrecv" : "sendonly";
};

/**
 * An offer without any section could not be answered with what the other side sends. False where there is no media at all, as with
 * libdatachannel.
 */
export const receiveOnly = (pc: RTCPeerConnection): boolean => {
  try {
    for (const kind of ["audio", "video"]) pc.addTransceiver(kind, { direction: "recvonly" });
    return true;
  } catch {
    return false;
  }
};
