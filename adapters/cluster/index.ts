export { natsLog } from "./nats-log.js";
export { post } from "./post.js";
