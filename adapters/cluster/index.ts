export { natsLog } from "./nats-log.js";
export { post } from "./post.js";
export { type LogRead, readLog } from "./read-log.js";
