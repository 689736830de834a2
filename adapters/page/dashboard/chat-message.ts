/** Longest text that is shown or sent, in UTF-16 units: far below what any data channel carries in one message. */
export const textCharsMax = 2_000;

/** A text as it is sent over the data channel. */
export const encode = (text: string): string =>
  JSON.stringify({ type: "chat-message", text: text.slice(0, textCharsMax) });

/** The text of a message from the data channel. Other dashboards may send bare text, which is shown as it is. */
export const decode = (data: string): string => {
  try {
    const message: unknown = JSON.parse(data);
    if (typeof message === "object" && message !== null && "text" in message && typeof message.text === "string")
      return message.text.slice(0, textCharsMax);
  } catch {
    // Not JSON: bare text.
  }
  return data.slice(0, textCharsMax);
};
