import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";

/** Where a server listens, and which settings say so. */
export interface Place {
  /** 0: the operating system picks a free port. */
  readonly port: number;
  /** Undefined: all local addresses. */
  readonly host: string | undefined;
  readonly portVariable: "PORT" | "METRICS_PORT";
  readonly hostVariable: "HOST" | "METRICS_HOST";
}

/** The port that the server listens on. Left: a one-line error for the operator. */
export const listen =
  (server: Server, place: Place, failedLater: (error: Error) => void): TE.TaskEither<string, number> =>
  () =>
    new Promise((resolve) => {
      const failed = (error: Error): void => resolve(E.left(listenError(error, place)));
      server.once("error", failed);
      server.listen({ port: place.port, ...(place.host === undefined ? {} : { host: place.host }) }, () => {
        server.off("error", failed);
        server.on("error", failedLater);
        resolve(E.right((server.address() as AddressInfo).port));
      });
    });

/** Why the server could not listen, and what to do about it. */
const listenError = (error: NodeJS.ErrnoException, { port, host, portVariable, hostVariable }: Place): string => {
  switch (error.code) {
    case "EADDRINUSE":
      return `Port ${port} is already in use. Stop the program that uses it, or choose another port: ${portVariable}=${port < 65_535 ? port + 1 : 3_000}`;
    case "EACCES":
      return `This user is not allowed to listen on port ${port}. Choose a port above 1023: ${portVariable}=3000`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${hostVariable} is ${JSON.stringify(host)}: it must be a local IP address or host name.`;
    default:
      return `The server cannot listen on port ${port}: ${error.message}`;
  }
};
