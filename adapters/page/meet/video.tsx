import { useEffect, useRef } from "preact/hooks";

interface VideoProps {
  readonly stream: MediaStream;
  readonly isMuted: boolean;
  readonly isMirrored: boolean;
  /** It is only heard. */
  readonly isHidden?: boolean;
}

export const Video = ({ stream, isMuted, isMirrored, isHidden = false }: VideoProps) => {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (video && video.srcObject !== stream) video.srcObject = stream;
    if (video) play(video);
  });
  return (
    <video
      ref={element}
      autoplay
      playsinline
      muted={isMuted}
      class={`video${isMirrored ? " mirrored" : ""}`}
      hidden={isHidden}
    />
  );
};

/** Before the first click or key in a page, browsers play no sound: then the picture begins alone, and the sound follows. */
const play = (video: HTMLVideoElement): void => {
  if (!video.paused) return;
  video.play().catch((error: DOMException) => {
    if (error.name !== "NotAllowedError" || video.muted) return;
    video.muted = true;
    video.play().catch(() => {});
    const unmute = (): void => {
      removeEventListener("pointerdown", unmute);
      removeEventListener("keydown", unmute);
      video.muted = false;
    };
    addEventListener("pointerdown", unmute);
    addEventListener("keydown", unmute);
  });
};
