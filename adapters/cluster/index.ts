export { natsLog } from "./nats-log.js";
export { clusterNode } from "./node.js";
