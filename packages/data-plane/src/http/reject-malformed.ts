import type { Duplex } from "node:stream";
import { failures } from "../failure.ts";

/** Milliseconds for the answer to get through before what the client still sends makes the kernel reset the connection. */
const lingerTime = 500;

/** Answers, on a connection whose bytes are no request, with 400 (or 408) and ends it: where a next request begins is unknown. */
export function rejectMalformed(socket: Duplex, error?: { readonly code?: string }): void {
  if (error?.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const isLate = error?.code === "ERR_HTTP_REQUEST_TIMEOUT";
  const status = isLate ? "408 Request Timeout" : "400 Bad Request";
  const body = `${isLate ? "Request Timeout" : failures.malformedRequest.text}\n`;
  const head = [
    `HTTP/1.1 ${status}`,
    "content-type: text/plain; charset=utf-8",
    `content-length: ${body.length}`,
    `date: ${new Date().toUTCString()}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), lingerTime);
  socket.once("close", () => clearTimeout(timer));
}
