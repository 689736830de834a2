import { handshake } from "./raw.js";

/**
 * The statuses of the answers, in order, and whether the connection then is `open` for another request, `closed` by the server, or a
 * client's `websocket`.
 */
export interface RequestOutcome {
  readonly statuses: ReadonlyArray<number>;
  readonly connection: "open" | "closed" | "websocket";
}

export interface RequestCase {
  /** Of RFC 9112 if it is not another that it names. */
  readonly section: string;
  readonly name: string;
  /** Written as Latin-1, a byte each. */
  readonly sent: string;
  readonly expected: RequestOutcome;
  /** What the answers have in them. */
  readonly has?: RegExp;
  /** The client ends its side after the bytes: it has sent half a request. */
  readonly isCutShort?: true;
}

const open = (...statuses: ReadonlyArray<number>): RequestOutcome => ({ statuses, connection: "open" });
const closed = (...statuses: ReadonlyArray<number>): RequestOutcome => ({ statuses, connection: "closed" });
const websocket: RequestOutcome = { statuses: [101], connection: "websocket" };

const one = (
  section: string,
  name: string,
  sent: string,
  expected: RequestOutcome,
  more: Pick<RequestCase, "has" | "isCutShort"> = {},
): RequestCase => ({ section, name, sent, expected, ...more });

const request = (line: string, ...headers: ReadonlyArray<string>): string =>
  [line, "Host: localhost", ...headers, "", ""].join("\r\n");
const get = (target: string, ...headers: ReadonlyArray<string>): string =>
  request(`GET ${target} HTTP/1.1`, ...headers);
const livez = get("/livez");
const post = (...headers: ReadonlyArray<string>): string => request("POST /livez HTTP/1.1", ...headers);
/** What a smuggler wants to be taken for a request: it would be answered with 200. */
const smuggled = get("/version");

const requestLines: ReadonlyArray<RequestCase> = [
  one("3", "a method that does not exist", request("FROB /livez HTTP/1.1"), closed(400)),
  one("3", "a method in small letters", request("get /livez HTTP/1.1"), closed(400)),
  one("3", "a method with a space before it", ` ${livez}`, closed(400)),
  one("3", "no method", request("/livez HTTP/1.1"), closed(400)),
  one("3", "a method of 10,000 characters", request(`${"G".repeat(10_000)} /livez HTTP/1.1`), closed(400)),
  one("3", "two spaces before the target", request("GET  /livez HTTP/1.1"), open(200)),
  one("3", "a tab for a space", request("GET\t/livez HTTP/1.1"), closed(400)),
  one("3", "no target", request("GET HTTP/1.1"), closed(400)),
  one("3", "something after the version", request("GET /livez HTTP/1.1 x"), closed(400)),
  one("2.2", "an empty line before the request", `\r\n${livez}`, open(200)),
  one("2.2", "many empty lines before the request", `${"\r\n".repeat(1_000)}${livez}`, open(200)),
  one("2.2", "a bare LF after the request line", livez.replace("\r\n", "\n"), closed(400)),
  one("2.2", "bare LFs everywhere", livez.replaceAll("\r\n", "\n"), closed(400)),
  one("2.2", "a bare CR in a header", get("/livez", "X: a\rb"), closed(400)),
  one("2.2", "a bare LF in a header", get("/livez", "X: a\nY: b"), closed(400)),
  one("2.2", "a space before the first header", "GET /livez HTTP/1.1\r\n Host: localhost\r\n\r\n", closed(400)),
  one("2.2", "a NUL before the request", `\0${livez}`, closed(400)),
  one("2.2", "what is no HTTP", "\u0016\u0003\u0001 this is not HTTP\r\n\r\n", closed(400)),
  one("2.2", "a TLS hello", "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003", closed(400)),
  one("2.2", "the banner of SSH", "SSH-2.0-OpenSSH_9.6\r\n", closed(400)),
  one("2.2", "zeros", "\0".repeat(100), closed(400)),
  one("2.2", "half a request line", "GET /live", closed(400), { isCutShort: true }),
  one("2.2", "half a header", "GET /livez HTTP/1.1\r\nHost: loc", closed(400), { isCutShort: true }),
  one("2.2", "nothing at all", "", closed(), { isCutShort: true }),
];

const versions: ReadonlyArray<RequestCase> = [
  ...["HTTP/2.0", "HTTP/0.9"].map((name) =>
    one("9110 15.6.6", `the version ${name}`, request(`GET /livez ${name}`), closed(505)),
  ),
  one("9110 15.6.6", "HTTP/0.9 without a version", "GET /livez\r\n\r\n", closed(505)),
  ...["HTTP/1.2", "HTTP/3.0", "HTTP/9.9", "HTTP/1.", "HTTP/11", "HTTP/1.1.1", "http/1.1", "HTTPS/1.1", "ICE/1.0"].map(
    (name) => one("2.3", `the version ${name}`, request(`GET /livez ${name}`), closed(400)),
  ),
  // The parser of Node takes RTSP/1.0 for HTTP/1.0: what is answered is what HTTP/1.0 would be.
  one("2.3", "the version RTSP/1.0", request("GET /livez RTSP/1.0"), closed(200)),
  one("2.3", "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", closed(400)),
  one("2.3", "HTTP/1.0 with a Host", request("GET /livez HTTP/1.0"), closed(200)),
  one("2.3", "HTTP/1.0 that wants to go on", request("GET /livez HTTP/1.0", "Connection: keep-alive"), open(200)),
];

const targets: ReadonlyArray<RequestCase> = [
  one("3.2.1", "a target that is no path", request("GET livez HTTP/1.1"), closed(400)),
  one("3.2.1", "two slashes", get("//livez"), open(404)),
  one("3.2.1", "a slash at the end", get("/livez/"), open(404)),
  one("3.2.1", "other letters", get("/LIVEZ"), open(404)),
  one("3.2.1", "a query", get("/livez?a=b&c"), open(200)),
  one("3.2.1", "a query of question marks", get("/livez???"), open(200)),
  one("3.2.1", "a fragment", get("/livez#x"), open(200)),
  one("3.2.1", "a path of 4,000 characters", get(`/${"x".repeat(4_000)}`), open(404)),
  one("3.2.1", "a path of 9,000 characters", get(`/${"x".repeat(9_000)}`), closed(431)),
  one("3.2.1", "a query of 9,000 characters", get(`/livez?${"x".repeat(9_000)}`), closed(431)),
  one("3.2.1", "4,000 slashes", get("/".repeat(4_000)), open(404)),
  one("3.2.2", "a whole URL", get("http://localhost/livez"), open(200)),
  one("3.2.2", "a whole URL of another host", get("http://example.org/livez"), open(200)),
  one("3.2.2", "a whole URL of HTTPS", get("https://localhost/livez"), open(200)),
  one("3.2.2", "a whole URL with a password", get("http://ann:secret@localhost/livez"), open(200)),
  one("3.2.2", "a whole URL with a port that is none", get("http://localhost:99999/livez"), open(400)),
  one("3.2.2", "a whole URL that ends too soon", get("http://"), open(400)),
  one("3.2.2", "a URL of FTP", get("ftp://localhost/livez"), open(400)),
  one("3.2.2", "javascript:", get("javascript:alert(1)"), closed(400)),
  one("3.2.2", "a file URL", get("file:///etc/passwd"), open(400)),
  one("3.2.3", "CONNECT", request("CONNECT example.org:443 HTTP/1.1"), closed(405), { has: /\r\nAllow: GET\r\n/ }),
  one("3.2.3", "CONNECT to a path", request("CONNECT /livez HTTP/1.1"), closed(405)),
  // Hono knows no target but a path. What it would say of the whole server, 404 and 405 say of each path.
  one("3.2.4", "OPTIONS of the whole server", request("OPTIONS * HTTP/1.1"), open(400)),
  one("3.2.4", "GET of the whole server", get("*"), open(400)),
  ...[
    "/../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2fetc%2fpasswd",
    "/%2e%2e%5c%2e%2e%5cetc%5cpasswd",
    "/....//....//etc/passwd",
    "/meet.js/../../package.json",
    "/%c0%ae%c0%ae/package.json",
    "/%252e%252e/package.json",
    "/page/index.html",
    "/.env",
    "/.git/config",
    "/package.json",
    "/r/../../package.json",
    "/r/%2e%2e%2fpackage.json/x",
  ].map((target) => one("9110 17.3", `the path ${target}`, get(target), open(404), { has: /"error":"not found/ })),
  ...[
    "/%",
    "/%2",
    "/%zz",
    "/%00",
    "/livez%00",
    "/%ff%fe",
    "/%ed%a0%80",
    "/%f4%90%80%80",
    "/r/a%2fb/c",
    "/%25%25%25",
  ].map((target) => one("9110 4.2", `the path ${target}`, get(target), open(404))),
  ...["/r/%", "/r/%zz", "/r/%ff", "/r/%00", `/r/${"x".repeat(129)}`].map((target) =>
    one("9110 4.2", `the room ${target}`, get(target), open(404)),
  ),
  one("9110 4.2", "a path of backslashes", get("/..\\..\\package.json"), open(400)),
  one("9110 4.2", "a room that is a whole path in one name", get("/r/%2e%2e%2f%2e%2e%2fetc%2fpasswd"), open(200)),
  one("9110 4.2", "a percent that is one of a query", get("/livez?%"), open(200)),
  one("3.2", "a NUL in the path", get("/livez\0"), closed(400)),
  one("3.2", "a control character in the path", get("/live\u0001z"), closed(400)),
  one("3.2", "a DEL in the path", get("/live\u007fz"), closed(400)),
  one("3.2", "bytes that are no ASCII in the path", get("/\u00ff\u00fe"), closed(400)),
  one("3.2", "markup in the path", get("/<script>alert(1)</script>", "Accept: text/html"), open(404), {
    has: /^(?!.*<script>)/s,
  }),
];

const hosts: ReadonlyArray<RequestCase> = [
  one("3.2", "no Host", "GET /livez HTTP/1.1\r\n\r\n", closed(400)),
  one("3.2", "HTTP/1.0 without a Host", "GET /health HTTP/1.0\r\n\r\n", closed(200)),
  one("3.2", "an empty Host", "GET /livez HTTP/1.1\r\nHost:\r\n\r\n", open(200)),
  one("3.2", "two Hosts", get("/livez", "Host: example.org"), closed(400)),
  one("3.2", "two Hosts that are the same", get("/livez", "Host: localhost"), closed(400)),
  ...["a b", "a/b", "ann@localhost", "localhost:99999", "localhost:x", "<script>", "[::1", "a\\b", "a?b", "a#b"].map(
    (host) => one("3.2", `the Host ${host}`, `GET /livez HTTP/1.1\r\nHost: ${host}\r\n\r\n`, open(400)),
  ),
  one("3.2", "a Host of 8,000 characters", `GET /livez HTTP/1.1\r\nHost: ${"x".repeat(8_000)}\r\n\r\n`, open(200)),
  one("3.2", "a Host of IPv6", "GET /livez HTTP/1.1\r\nHost: [::1]:3000\r\n\r\n", open(200)),
];

const headers: ReadonlyArray<RequestCase> = [
  one("5", "headers of 9,000 bytes", get("/livez", `X: ${"x".repeat(9_000)}`), closed(431)),
  one("5", "2,000 headers", get("/livez", ...Array.from({ length: 2_000 }, (_, i) => `X-${i}: y`)), closed(431)),
  one("5", "a hundred headers of one name", get("/livez", ...Array.from({ length: 100 }, () => "X: y")), open(200)),
  one("5.1", "a space before the colon", get("/livez", "X : y"), closed(400)),
  one("5.1", "no colon", get("/livez", "X"), closed(400)),
  one("5.1", "no name", get("/livez", ": y"), closed(400)),
  one("5.1", "a name with a parenthesis", get("/livez", "X(y): z"), closed(400)),
  one("5.1", "a name that is no ASCII", get("/livez", "X\u00e9: y"), closed(400)),
  one("5.1", "a NUL in a name", get("/livez", "X\0: y"), closed(400)),
  one("5.1", "a header called __proto__", get("/livez", "__proto__: x", "constructor: y"), open(200)),
  one("5.2", "a value that goes on in the next line", get("/livez", "X: a", " b"), closed(400)),
  one("5.2", "a value that goes on after a tab", get("/livez", "X: a", "\tb"), closed(400)),
  one("9110 5.5", "a NUL in a value", get("/livez", "X: a\0b"), closed(400)),
  one("9110 5.5", "a control character in a value", get("/livez", "X: a\u0001b"), closed(400)),
  one("9110 5.5", "bytes of no charset in a value", get("/livez", "X: \u00ff\u00fe"), open(200)),
  one("9110 7.6.1", "Connection: close", get("/livez", "Connection: close"), closed(200)),
  one("9110 7.6.1", "Connection: keep-alive, close", get("/livez", "Connection: keep-alive, close"), closed(200)),
  one("9110 7.6.1", "Connection: garbage", get("/livez", "Connection: ,,, ;x"), open(200)),
  one("9110 7.6.1", "Connection that names Host", get("/livez", "Connection: Host"), open(200)),
  one(
    "9110 10.1.1",
    "Expect: 100-continue",
    `${post("Content-Length: 4", "Expect: 100-continue")}abcd`,
    open(100, 405),
  ),
  one("9110 10.1.1", "an expectation that nobody meets", get("/livez", "Expect: miracles"), open(417)),
  one("9110 14.2", "a range", get("/livez", "Range: bytes=0-0,0-0,0-0,0-0"), open(200)),
  one("9110 12.5.3", "an encoding that does not exist", get("/", "Accept-Encoding: frob;q=2, ;;,"), open(200)),
  one("9110 13.1.2", "any tag", get("/", "If-None-Match: *"), open(304)),
  one("9110 13.1.2", "a thousand tags", get("/", `If-None-Match: ${'"x",'.repeat(1_000)}"x"`), open(200)),
  one("9110 11.6.2", "an Authorization of garbage", get("/api/config", "Authorization: Bearer \u00ff"), open(200)),
];

const bodies: ReadonlyArray<RequestCase> = [
  one(
    "6.1",
    "Content-Length and Transfer-Encoding",
    `${post("Content-Length: 6", "Transfer-Encoding: chunked")}0\r\n\r\nG`,
    closed(400),
  ),
  one(
    "6.1",
    "Transfer-Encoding and Content-Length",
    `${post("Transfer-Encoding: chunked", "Content-Length: 4")}0\r\n\r\n${smuggled}`,
    closed(400),
  ),
  one("6.1", "Transfer-Encoding: xchunked", `${post("Transfer-Encoding: xchunked")}${smuggled}`, closed(400)),
  one(
    "6.1",
    "Transfer-Encoding: chunked, identity",
    `${post("Transfer-Encoding: chunked, identity")}0\r\n\r\n${smuggled}`,
    closed(400),
  ),
  one("6.1", "Transfer-Encoding: identity", `${post("Transfer-Encoding: identity")}${smuggled}`, closed(400)),
  one(
    "6.1",
    "two Transfer-Encodings",
    `${post("Transfer-Encoding: chunked", "Transfer-Encoding: identity")}0\r\n\r\n${smuggled}`,
    closed(400),
  ),
  one(
    "6.1",
    "Transfer-Encoding with a vertical tab",
    `${post("Transfer-Encoding: \u000bchunked")}0\r\n\r\n${smuggled}`,
    closed(400),
  ),
  one(
    "6.1",
    "Transfer-Encoding with a space before the colon",
    `${post("Transfer-Encoding : chunked")}0\r\n\r\n${smuggled}`,
    closed(400),
  ),
  one(
    "6.1",
    "Transfer-Encoding in HTTP/1.0",
    `${request("POST /livez HTTP/1.0", "Transfer-Encoding: chunked")}0\r\n\r\n`,
    closed(405),
  ),
  one(
    "6.2",
    "two Content-Lengths that differ",
    `${post("Content-Length: 0", "Content-Length: 44")}${smuggled}`,
    closed(400),
  ),
  one(
    "6.2",
    "two Content-Lengths that are the same",
    `${post("Content-Length: 1", "Content-Length: 1")}x`,
    closed(400),
  ),
  ...["-1", "+1", "0x1", "1e1", "1 1", "1,1", "many", "", "18446744073709551616", "99999999999999999999"].map(
    (length) => one("6.2", `Content-Length: ${length}`, `${post(`Content-Length: ${length}`)}x`, closed(400)),
  ),
  one("6.2", "Content-Length of a GET", `${get("/livez", "Content-Length: 4")}abcd`, open(200)),
  one(
    "6.2",
    "a request as the body of a GET",
    `${get("/livez", `Content-Length: ${smuggled.length}`)}${smuggled}`,
    open(200),
  ),
  one("6.2", "a body that is cut short", `${post("Content-Length: 100")}x`, closed(405, 400), { isCutShort: true }),
  one("6.2", "a body of a megabyte", `${post("Content-Length: 1000000")}${"x".repeat(1_000_000)}`, open(405)),
  one("6.3", "a body after a request without a length", `${post()}abcd`, closed(400)),
  one("7.1", "a body in chunks", `${post("Transfer-Encoding: chunked")}5\r\nhello\r\n0\r\n\r\n`, open(405)),
  one(
    "7.1",
    "a request in a chunk",
    `${post("Transfer-Encoding: chunked")}${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    open(405),
  ),
  ...["-1", "0x5", "5 ", "g", "ffffffffffffffffff", ""].map((size) =>
    one(
      "7.1",
      `a chunk of the size ${JSON.stringify(size)}`,
      `${post("Transfer-Encoding: chunked")}${size}\r\nhello\r\n0\r\n\r\n`,
      closed(400),
    ),
  ),
  one(
    "7.1",
    "a chunk that is longer than its size",
    `${post("Transfer-Encoding: chunked")}2\r\nhello\r\n0\r\n\r\n`,
    closed(405, 400),
  ),
  one(
    "7.1",
    "a chunk that ends with a bare LF",
    `${post("Transfer-Encoding: chunked")}5\r\nhello\n0\r\n\r\n`,
    closed(405, 400),
  ),
  one(
    "7.1",
    "a size that ends with a bare LF",
    `${post("Transfer-Encoding: chunked")}5\nhello\r\n0\r\n\r\n`,
    closed(400),
  ),
  one(
    "7.1.1",
    "an extension of a chunk",
    `${post("Transfer-Encoding: chunked")}5;a=b\r\nhello\r\n0\r\n\r\n`,
    open(405),
  ),
  one(
    "7.1.1",
    "an extension of 20,000 characters",
    `${post("Transfer-Encoding: chunked")}5;a=${"x".repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
    closed(413),
  ),
  one(
    "7.1.1",
    "an extension with a bare LF",
    `${post("Transfer-Encoding: chunked")}5;a\nb\r\nhello\r\n0\r\n\r\n`,
    closed(400),
  ),
  one("7.1.2", "a trailer", `${post("Transfer-Encoding: chunked")}0\r\nHost: example.org\r\n\r\n`, open(405)),
  one("9.3.2", "two requests in a row", livez.repeat(2), open(200, 200)),
  one("9.3.2", "eight requests in a row", livez.repeat(8), open(...Array.from({ length: 8 }, () => 200))),
  one("9.3.2", "nine requests in a row, which is one more than the limit", livez.repeat(9), closed()),
  // Node answers what is no request before the answers that are due have left, and ends the connection: whoever sends such a thing has
  // lost them.
  one("9.3.2", "a request, then what is none", `${livez}FROB\r\n\r\n`, closed(400)),
  one("9.3.2", "a request after one that closes", `${get("/livez", "Connection: close")}${smuggled}`, closed(400)),
  one("9.3.2", "a request, then an upgrade", `${livez}${handshake("/ws")}`, closed()),
];

const pages = ["/", "/index.html", "/ws-test.html", "/meet.js", "/style.css", "/icon.svg", "/client.js", "/r/room"];
const routes = [...pages, "/health", "/livez", "/readyz", "/version", "/metrics", "/api/rooms", "/api/config"];

/** Where a preflight is answered. */
const hasCors = (route: string): boolean => route === "/client.js" || route.startsWith("/api/");

const methods: ReadonlyArray<RequestCase> = [
  ...routes.flatMap((route) => [
    one("9110 9.3.1", `GET of ${route}`, get(route), open(200)),
    one("9110 9.3.2", `HEAD of ${route}`, request(`HEAD ${route} HTTP/1.1`), open(200), { has: /\r\n\r\n$/ }),
    ...["POST", "PUT", "DELETE", "PATCH"].map((method) =>
      one(
        "9110 15.5.6",
        `${method} of ${route}`,
        request(`${method} ${route} HTTP/1.1`, "Content-Length: 0"),
        open(405),
        {
          has: /\r\nallow: GET, HEAD/i,
        },
      ),
    ),
    one("9110 9.3.7", `OPTIONS of ${route}`, request(`OPTIONS ${route} HTTP/1.1`), open(hasCors(route) ? 204 : 405)),
    one("9110 9.3.8", `TRACE of ${route}`, request(`TRACE ${route} HTTP/1.1`, "Cookie: secret"), open(405)),
  ]),
  ...["/ws", "/ws/"].map((route) =>
    one("9110 15.5.22", `GET of ${route}`, get(route), open(426), { has: /"error":"upgrade required/ }),
  ),
  ...["/nothing", "/api", "/api/", "/api/history", "/r", "/r/", "/r/a/b"].map((route) =>
    one("9110 15.5.5", `GET of ${route}`, get(route), open(404), { has: /"error":"not found/ }),
  ),
  ...["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE"].map((method) =>
    one("9110 15.5.5", `${method} of /nothing`, request(`${method} /nothing HTTP/1.1`), open(404)),
  ),
  ...["PROPFIND", "MKCOL", "LOCK", "SEARCH", "PURGE", "M-SEARCH", "QUERY", "LINK", "SOURCE"].map((method) =>
    one("9110 9.1", `${method}`, request(`${method} /livez HTTP/1.1`), open(405)),
  ),
];

const upgrade = handshake("/ws");
/** The handshake with other words in it. */
const changed = (from: string | RegExp, to: string): string => upgrade.replace(from, to);
const key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
const version = "Sec-WebSocket-Version: 13";
const withKey = (value: string): string => changed(key, `Sec-WebSocket-Key: ${value}`);
const withVersion = (value: string): string => changed(version, `Sec-WebSocket-Version: ${value}`);
const withProtocol = (value: string): string => handshake("/ws", `Sec-WebSocket-Protocol: ${value}`);

const upgrades: ReadonlyArray<RequestCase> = [
  ...["/", "/ws", "/ws/", "/ws?token=x", "http://localhost/ws?x"].map((path) =>
    one("6455 4.2.1", `an upgrade of ${path}`, handshake(path), websocket),
  ),
  ...["/other", "/wss", "/ws/x", "/WS", "/%77s", "//ws", "/health", "/ws%00", "/ws/../ws", "*"].map((path) =>
    one("6455 4.2.2", `an upgrade of ${path}`, handshake(path), closed(404)),
  ),
  one("6455 4.2.1", "an upgrade with HTTP/1.0", changed("HTTP/1.1", "HTTP/1.0"), closed(400)),
  ...["POST", "HEAD", "OPTIONS", "PUT", "CONNECT"].map((method) =>
    one(
      "6455 4.2.1",
      `an upgrade with ${method}`,
      changed("GET /ws", method === "CONNECT" ? "CONNECT localhost:80" : `${method} /ws`),
      closed(405),
      { has: /\r\nAllow: GET\r\n/ },
    ),
  ),
  one("6455 4.2.1", "an upgrade without a Host", changed("Host: 127.0.0.1\r\n", ""), closed(400)),
  one("6455 4.2.1", "an upgrade with two Hosts", handshake("/ws", "Host: 127.0.0.1"), closed(400)),
  one("6455 4.2.1", "an upgrade without Connection", changed("Connection: Upgrade\r\n", ""), open(426)),
  ...["keep-alive, Upgrade", "upgrade", "UPGRADE", "Upgrade, close", "keep-alive,,Upgrade"].map((value) =>
    one("6455 4.2.1", `Connection: ${value}`, changed("Connection: Upgrade", `Connection: ${value}`), websocket),
  ),
  ...["keep-alive", "Upgraded", "x-upgrade"].map((value) =>
    one("6455 4.2.1", `Connection: ${value}`, changed("Connection: Upgrade", `Connection: ${value}`), open(426)),
  ),
  one("6455 4.2.1", "Connection: close", changed("Connection: Upgrade", "Connection: close"), closed(426)),
  one(
    "6455 4.2.1",
    "two Connections",
    changed("Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade"),
    websocket,
  ),
  one("6455 4.2.1", "an empty Upgrade", changed("Upgrade: websocket", "Upgrade:"), open(426)),
  one("6455 4.2.1", "no Upgrade", changed("Upgrade: websocket\r\n", ""), open(426)),
  ...["WebSocket", "WEBSOCKET"].map((value) =>
    one("6455 4.2.1", `Upgrade: ${value}`, changed("Upgrade: websocket", `Upgrade: ${value}`), websocket),
  ),
  ...["h2c", "h2c, websocket", "websocket, h2c", "TLS/1.0", "websocket/13", "web socket", "websocketx"].map((value) =>
    one("9110 7.8", `Upgrade: ${value}`, changed("Upgrade: websocket", `Upgrade: ${value}`), closed(426), {
      has: /\r\nUpgrade: websocket\r\n(.*\r\n)*\r\nThe only upgrade here is to websocket\.$/,
    }),
  ),
  one("6455 4.2.1", "no key", changed(`${key}\r\n`, ""), closed(400)),
  ...[
    "",
    "AAAA",
    "AAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAA=",
    "AAAAAAAAAAAAAAAAAAAAA-==",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
    "AAAAAAAAAA AAAAAAAAAAA==",
    "A".repeat(4_000),
    "<script>alert(1)</script>",
  ].map((value) => one("6455 4.2.1", `the key ${JSON.stringify(value.slice(0, 40))}`, withKey(value), closed(400))),
  one("6455 4.2.1", "two keys", changed(key, `${key}\r\n${key}`), closed(400)),
  one("6455 4.2.2", "the key of the example", withKey("dGhlIHNhbXBsZSBub25jZQ=="), websocket, {
    has: /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/,
  }),
  one("6455 4.2.1", "no version", changed(`${version}\r\n`, ""), closed(400), { has: /\r\nSec-WebSocket-Version: 13/ }),
  ...["7", "0", "12", "14", "-13", "130", "13, 8", "13.5", "thirteen", "", "99999999999999999999"].map((value) =>
    one("6455 4.4", `the version ${JSON.stringify(value)}`, withVersion(value), closed(400), {
      has: /\r\nSec-WebSocket-Version: 13/,
    }),
  ),
  // ws takes what JavaScript reads as 13, and 8, whose frames are the same.
  ...["8", "013", "13.0", "0xd", "1.3e1"].map((value) =>
    one("6455 4.4", `the version ${JSON.stringify(value)}, which is as good as 13`, withVersion(value), websocket),
  ),
  one("6455 4.4", "two versions", changed(version, `${version}\r\nSec-WebSocket-Version: 8`), closed(400)),
  ...[
    "chat",
    "signalbox.v1",
    "signalbox.v1, chat",
    "chat, signalbox.v1",
    "signalbox.v2",
    "signalbox.token.x",
    "a".repeat(4_000),
    "!#$%&'*+-.^_`|~",
  ].map((value) => one("6455 11.3.4", `the subprotocol ${value.slice(0, 40)}`, withProtocol(value), websocket)),
  one("6455 11.3.4", "no subprotocol of the server is made up", withProtocol("signalbox.v2"), websocket, {
    has: /\r\nSec-WebSocket-Protocol: signalbox\.v2\r\n/,
  }),
  ...[
    "",
    ",",
    "chat,",
    ",chat",
    "chat,,chat",
    "chat, chat",
    "a b",
    "a/b",
    '"chat"',
    "ch\u00e4t",
    "chat;q=1",
    "chat\tchat",
  ].map((value) =>
    one("6455 11.3.4", `the subprotocol ${JSON.stringify(value)}, which is none`, withProtocol(value), closed(400)),
  ),
  one(
    "6455 11.3.4",
    "two lines of subprotocols",
    handshake("/ws", "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: signalbox.v1"),
    websocket,
    { has: /\r\nSec-WebSocket-Protocol: signalbox\.v1\r\n/ },
  ),
  ...[
    "permessage-deflate",
    "permessage-deflate; client_max_window_bits=99",
    "x-frob",
    ";;,",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
  ].map((value) =>
    one("6455 9.1", `the extension ${value}`, handshake("/ws", `Sec-WebSocket-Extensions: ${value}`), websocket),
  ),
  ...["null", "http://example.org", "<script>", "\u00ff", ""].map((value) =>
    one("6455 10.2", `the Origin ${JSON.stringify(value)}`, handshake("/ws", `Origin: ${value}`), websocket),
  ),
  one("6455 4.2.1", "an upgrade with a body", handshake("/ws", "Content-Length: 5").concat("hello"), closed(101)),
  one("6455 4.2.1", "an upgrade with headers of 9,000 bytes", handshake("/ws", `X: ${"x".repeat(9_000)}`), closed(431)),
  one("6455 4.2.1", "half an upgrade", upgrade.slice(0, 60), closed(400), { isCutShort: true }),
  one("6455 5.1", "an upgrade, and a broken frame at once", `${upgrade}\u0081\u0001x`, closed(101)),
  one("6455 5.1", "an upgrade, and another at once", `${upgrade}${upgrade}`, closed(101)),
];

export const requestCases: ReadonlyArray<RequestCase> = [
  ...requestLines,
  ...versions,
  ...targets,
  ...hosts,
  ...headers,
  ...bodies,
  ...methods,
  ...upgrades,
];
