/* Drawn on a grid of 24, in the colour of the text beside them. */

const paths = {
  camera:
    "M3 7.5A1.5 1.5 0 0 1 4.5 6h9A1.5 1.5 0 0 1 15 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 16.5zM15 10.5l6-3v9l-6-3",
  microphone:
    "M12 3.5a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0V6A2.5 2.5 0 0 1 12 3.5zM6 11a6 6 0 0 0 12 0M12 17v3.5M9 20.5h6",
  screen: "M3.5 5.5h17v11h-17zM9 20h6M12 16.5V20M12 13.5v-5M9.8 10.5 12 8.3l2.2 2.2",
  leave:
    "M3.5 14.5c-1.4-1.6-.6-3.6 1.3-4.7 4.3-2.4 10.100-2.400 14.400 0 1.900 1.100 2.700 3.100 1.300 4.700l-.7.9-4-1.600v-2.700c-2.500-.8-5.100-.8-7.600 0v2.700l-4 1.600z",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700l-1.300 1.300M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700l1.300-1.300",
  lock: "M6.500 11h11v8.500h-11zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  more: "M6 11.500v1M12 11.500v1M18 11.500v1",
} as const;

interface IconProps {
  readonly of: keyof typeof paths;
  /** Struck through. */
  readonly isOff?: boolean;
}

export const Icon = ({ of, isOff = false }: IconProps) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={paths[of]} />
    {isOff && <path d="M4 4l16 16" />}
  </svg>
);
