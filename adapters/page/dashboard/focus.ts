import { useLayoutEffect, useRef } from "preact/hooks";

/** When the element that had the focus disappears, the focus goes to the heading, not back to the start of the page. */
export const useKeptFocus = (): void => {
  const last = useRef<EventTarget | null>(null);
  // Before the effects of the views, which may set the focus.
  useLayoutEffect(() => {
    const remember = ({ target }: FocusEvent) => {
      last.current = target;
    };
    document.addEventListener("focusin", remember);
    return () => document.removeEventListener("focusin", remember);
  }, []);
  useLayoutEffect(() => {
    if (last.current instanceof Element && !last.current.isConnected) document.querySelector("h1")?.focus();
  });
};
