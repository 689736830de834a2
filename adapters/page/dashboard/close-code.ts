/** Why a WebSocket was closed, as a sentence (RFC 6455, 7.4.1, and the codes that this server uses). */
export const explainClose = (code: number): string => sentences[code] ?? `The connection was closed with code ${code}.`;

const sentences: Readonly<Record<number, string>> = {
  1000: "Closed in the ordinary way.",
  1001: "The server is going away, perhaps to be restarted.",
  1002: "The server found a frame that breaks the WebSocket protocol.",
  1003: "The server does not accept this kind of data.",
  1005: "Closed without a reason.",
  1006: "The server cannot be reached or does not let this page in, or the connection broke off.",
  1007: "The server was sent text that is not valid UTF-8.",
  1008: "The server turned this client away for breaking a rule.",
  1009: "The message was too big for the server (64 KiB unless set otherwise).",
  1011: "The server met an error of its own.",
  1012: "The server is restarting.",
  1013: "The server is overloaded. Try again later.",
  1015: "The secure connection could not be made: check the certificate.",
};
