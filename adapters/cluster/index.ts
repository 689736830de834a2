export { natsLog } from "./nats-log.js";
export { clusterNode } from "./node.js";
export { type LogRead, readLog } from "./read-log.js";
