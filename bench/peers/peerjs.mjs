import { PeerServer } from "peer";

/** Nobody is asked for a sign of life while the bytes that arrive are counted. */
PeerServer({ port: Number(process.env.PORT), host: "127.0.0.1", alive_timeout: 1e9, concurrent_limit: 100_000 });
