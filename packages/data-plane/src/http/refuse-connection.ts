import type { Socket } from "node:net";
import { closingAnswer } from "../http1/response-text.ts";
import { protocolOf } from "./first-bytes.ts";

/** Connections beyond the most that are told so; further ones are closed without a word. */
export const maxRefusals = 256;
/** Milliseconds that one of them has. */
const refusalTime = 2_000;

/** Says in HTTP/1.1 that there are too many connections; to a client that speaks something else, closing says it. */
export function refuseConnection(socket: Socket): void {
  socket.on("error", () => socket.destroy());
  socket.setTimeout(refusalTime, () => socket.destroy());
  socket.once("end", () => socket.destroy());
  socket.once("data", (first: Buffer) => {
    if (protocolOf(first) !== "http1") socket.destroy();
    else socket.end(closingAnswer(503, "Service Unavailable: too many connections"), "latin1");
  });
}
