import { connect, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";

/** What a node may have to send: a frame, written as text in a text, and what is said about it. */
const messageBytesMax = 1_000_000;
const connectMs = 5_000;
/** It is tried again after so long, and so often it is looked whether the engine is still there. */
const againMs = 250;
const pingMs = 1_000;

/** A connection that comes back by itself. `servers`: `nats://host:port`, several with commas; credentials are part of it. */
export const connected = async (servers: string): Promise<NatsConnection> => {
  const connection = await connect({
    ...accessOf(servers),
    name: "signalbox",
    timeout: connectMs,
    // For ever: without the engine, what needs none goes on.
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: againMs,
    pingInterval: pingMs,
    maxPingOut: 2,
    // Otherwise each request costs a stack trace, in case that it fails.
    noAsyncTraces: true,
  });
  const { max_payload: bytesMax = 0 } = connection.info ?? {};
  if (bytesMax >= messageBytesMax) return connection;
  await connection.close();
  throw new Error(`it takes messages of ${bytesMax} bytes: set max_payload to ${messageBytesMax} or more`);
};

/** The library takes neither the credentials nor the scheme from an address. */
export const accessOf = (servers: string): Partial<NodeConnectionOptions> => {
  const urls = servers.split(",").map((one) => new URL(one));
  const { username: user = "", password: pass = "" } = urls.find(({ username }) => username !== "") ?? {};
  const [name, secret] = [decodeURIComponent(user), decodeURIComponent(pass)];
  return {
    servers: urls.map(({ host }) => host),
    ...(secret !== "" ? { user: name, pass: secret } : name !== "" ? { token: name } : {}),
    ...(urls.some(({ protocol }) => protocol === "tls:") ? { tls: {} } : {}),
  };
};

export const withoutPassword = (servers: string): string => JSON.stringify(servers.replace(/\/\/[^@/]*@/g, "//…@"));

export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 200);
