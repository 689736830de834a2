/** Where the server is, what it tells a browser before the first message, and why it closed a socket. */

export interface ServerConfig {
  readonly websocketUrl: string;
  readonly stunServers: ReadonlyArray<string>;
}

const timeoutMs = 3_000;

/** The server's configuration; when it cannot be loaded, the default for this page's own host. */
export const fetchConfig = async (): Promise<ServerConfig> => {
  try {
    const response = await fetch("/api/config", { signal: AbortSignal.timeout(timeoutMs) });
    const { WEBSOCKET_URL: url, STUN_SERVERS: stun }: Record<string, unknown> = await response.json();
    return {
      websocketUrl: typeof url === "string" && isUsable(url) ? url : defaultUrl(),
      stunServers: Array.isArray(stun) ? stun.filter((server): server is string => typeof server === "string") : [],
    };
  } catch {
    return defaultConfig();
  }
};

export const defaultConfig = (): ServerConfig => ({ websocketUrl: defaultUrl(), stunServers: [] });

export const defaultUrl = (): string => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;

/** A secure page may not open an insecure socket. */
const isUsable = (url: string): boolean => /^wss?:/.test(url) && (location.protocol !== "https:" || /^wss:/.test(url));

/** What a WebSocket close code means (RFC 6455, 7.4.1), as a sentence. */
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
};
