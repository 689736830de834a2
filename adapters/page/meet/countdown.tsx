import { useEffect, useState } from "preact/hooks";

/** The seconds that are left. Not announced: it would be, every second. */
export const Countdown = ({ until }: { readonly until: number }) => {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return <span aria-live="off">{`${Math.max(0, Math.ceil((until - now) / 1000))}\u00a0s`}</span>;
};
