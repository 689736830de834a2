import { BidiText } from "./bidi.js";

interface NoticeProps {
  readonly text: string | undefined;
  /** Undefined where it goes away by itself. */
  readonly dismiss?: () => void;
}

// The live region is always present: screen readers announce changes in it, not its appearance.
export const Notice = ({ text, dismiss }: NoticeProps) => (
  <div role="status" class="notices">
    {text !== undefined && (
      <p class="notice">
        <span>
          <BidiText text={text} />
        </span>
        {dismiss && (
          <button type="button" class="secondary small" onClick={dismiss}>
            Dismiss
          </button>
        )}
      </p>
    )}
  </div>
);
