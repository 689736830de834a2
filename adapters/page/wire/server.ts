/** Where the server is, and why it closed a socket. */

const timeoutMs = 3_000;

/** The address that the server names; when it names none, the default for this page's own host. */
export const fetchUrl = async (): Promise<string> => {
  try {
    const response = await fetch("/api/config", { signal: AbortSignal.timeout(timeoutMs) });
    const { WEBSOCKET_URL: url }: Record<string, unknown> = await response.json();
    return typeof url === "string" && isUsable(url) ? url : defaultUrl();
  } catch {
    return defaultUrl();
  }
};

export const defaultUrl = (): string => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;

/** A secure page may not open an insecure socket. */
const isUsable = (url: string): boolean => /^wss?:/.test(url) && (location.protocol !== "https:" || /^wss:/.test(url));

/** What a WebSocket close code means (RFC 6455, 7.4.1, and docs/PROTOCOL-V1.md), as a sentence. */
export const explainClose = (code: number): string => closeReasons[code] ?? `The connection was closed (code ${code}).`;

const closeReasons: Readonly<Record<number, string>> = {
  1000: "The connection was closed normally.",
  1001: "The server is shutting down or restarting.",
  1002: "The server received a frame that violates the WebSocket protocol.",
  1003: "The server does not accept this type of data.",
  1005: "The connection was closed without a reason.",
  1006: "The server cannot be reached, does not accept this page, or the connection was lost.",
  1007: "The server received text that is not valid UTF-8.",
  1008: "The server closed the connection because a rule was broken.",
  1009: "The message was too big for the server (limit: 64 KiB unless configured otherwise).",
  1011: "The server had an internal error.",
  1012: "The server is restarting.",
  1013: "The server is overloaded. Try again later.",
  1015: "The secure connection could not be set up. Check the certificate.",
  3001: "The server closed the connection: no hello came within 5 s.",
  3002: "The server closed the connection: the token has expired.",
  3004: "The server closed the connection: too many messages were sent, and more after they were refused.",
  3500: "The server closed the connection: the first message was not a hello.",
  3501: "The session goes on over another connection.",
  3502: "The server refused the connection; the error before says why.",
};
