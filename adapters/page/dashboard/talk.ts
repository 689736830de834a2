/** Longest text that is shown or sent, in UTF-16 units: far below what every data channel carries in one message. */
export const textCharsMax = 2_000;

/** A text as it goes over the data channel. */
export const write = (text: string): string =>
  JSON.stringify({ type: "chat-message", text: text.slice(0, textCharsMax) });

/** The text of what came over the data channel; what is not ours is shown as it is. */
export const read = (data: string): string => {
  try {
    const message: unknown = JSON.parse(data);
    if (typeof message === "object" && message !== null && "text" in message && typeof message.text === "string")
      return message.text.slice(0, textCharsMax);
  } catch {
    // Another dashboard may send bare text.
  }
  return data.slice(0, textCharsMax);
};
