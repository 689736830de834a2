export interface PageConfig {
  readonly websocketUrl: string;
  readonly stunServers: ReadonlyArray<string>;
}

const answerMs = 3_000;

/** What the server says that a client needs, or the page's own host when it does not say. */
export const fetchConfig = async (): Promise<PageConfig> => {
  try {
    const response = await fetch("/api/config", { signal: AbortSignal.timeout(answerMs) });
    const { WEBSOCKET_URL: url, STUN_SERVERS: stun }: Record<string, unknown> = await response.json();
    return {
      websocketUrl: typeof url === "string" && isReachable(url) ? url : ownUrl(),
      stunServers: Array.isArray(stun) ? stun.filter((server): server is string => typeof server === "string") : [],
    };
  } catch {
    return ownConfig();
  }
};

export const ownConfig = (): PageConfig => ({ websocketUrl: ownUrl(), stunServers: [] });

export const ownUrl = (): string => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;

/** A secure page may not open an insecure socket. */
const isReachable = (url: string): boolean =>
  /^wss?:/.test(url) && (location.protocol !== "https:" || /^wss:/.test(url));
