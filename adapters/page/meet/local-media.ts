import { mediaErrorText } from "./words.js";

export type MediaKind = "camera" | "microphone" | "screen";

/** This side's camera, microphone and screen. Each is asked for when it is switched on, and let go when it is switched off. */
export interface LocalMedia {
  /** Camera and microphone. */
  readonly camera: MediaStream;
  readonly screen: MediaStream | undefined;
  readonly isOn: (kind: MediaKind) => boolean;
  readonly isStarting: (kind: MediaKind) => boolean;
  readonly toggle: (kind: MediaKind) => Promise<void>;
  /** What there is to send. */
  readonly streams: () => ReadonlyArray<MediaStream>;
  readonly stop: () => void;
}

const ask = (kind: MediaKind): Promise<MediaStream> => {
  if (kind === "screen") return navigator.mediaDevices.getDisplayMedia({ video: true, audio: true });
  return kind === "camera"
    ? navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, height: { ideal: 720 } } })
    : navigator.mediaDevices.getUserMedia({ audio: true });
};

interface LocalMediaHost {
  /** What there is to send is another. */
  readonly changed: () => void;
  /** Something else to show is. */
  readonly redraw: () => void;
  /** Why something could not be had, in words. */
  readonly failed: (why: string) => void;
}

export const localMedia = ({ changed, redraw, failed }: LocalMediaHost): LocalMedia => {
  const camera = new MediaStream();
  const starting = new Set<MediaKind>();
  let screen: MediaStream | undefined;
  let isStopped = false;

  const tracksOf = (kind: MediaKind): ReadonlyArray<MediaStreamTrack> => {
    if (kind === "screen") return screen?.getTracks() ?? [];
    return kind === "camera" ? camera.getVideoTracks() : camera.getAudioTracks();
  };

  const switchOff = (kind: MediaKind): void => {
    for (const track of tracksOf(kind)) {
      track.stop();
      if (kind !== "screen") camera.removeTrack(track);
    }
    if (kind === "screen") screen = undefined;
    if (!isStopped) changed();
  };

  const switchOn = async (kind: MediaKind): Promise<void> => {
    starting.add(kind);
    redraw();
    try {
      const stream = await ask(kind);
      if (isStopped) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      // Somebody pulls the plug, or ends the sharing with the browser's own button.
      for (const track of stream.getTracks())
        track.addEventListener("ended", () => {
          if (tracksOf(kind).includes(track)) switchOff(kind);
        });
      if (kind === "screen") screen = stream;
      else for (const track of stream.getTracks()) camera.addTrack(track);
      starting.delete(kind);
      changed();
    } catch (error) {
      failed(mediaErrorText(kind, error));
    } finally {
      starting.delete(kind);
      redraw();
    }
  };

  return {
    camera,
    get screen() {
      return screen;
    },
    isOn: (kind) => tracksOf(kind).length > 0,
    isStarting: (kind) => starting.has(kind),
    toggle: async (kind) => {
      if (starting.has(kind)) return;
      if (tracksOf(kind).length > 0) switchOff(kind);
      else await switchOn(kind);
    },
    streams: () => [camera, ...(screen ? [screen] : [])].filter((stream) => stream.getTracks().length > 0),
    stop: () => {
      isStopped = true;
      for (const kind of ["camera", "microphone", "screen"] as const) switchOff(kind);
    },
  };
};
