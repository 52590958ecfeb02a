import { STATUS_CODES } from "node:http";
import { dateLine } from "./date-line.ts";

/** How a client knows where a response ends. */
export type ResponseFraming = "none" | "counted" | "chunked" | "until-close";

/** A response's head, ready to be sent. */
export interface ResponseStart {
  readonly text: string;
  readonly framing: ResponseFraming;
  /** Bytes of body; 0 unless it is counted. */
  readonly length: number;
}

/** What a response's framing hangs on beside its headers. */
export interface ResponseFrame {
  readonly isHead: boolean;
  /** The client speaks HTTP/1.0, and knows no chunks. */
  readonly isOld: boolean;
  /** The connection ends with this response. */
  readonly isLast: boolean;
}

/** @param rawHeaders names and values in turn, without line breaks; framing comes from a Content-Length among them */
export function responseStart(status: number, rawHeaders: readonly string[], frame: ResponseFrame): ResponseStart {
  let lines = statusLine(status);
  let length = -1;
  let hasDate = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    if (name.length === 14 && name.toLowerCase() === "content-length") length = Number(value);
    else if (name.length === 4 && name.toLowerCase() === "date") hasDate = true;
    lines += `${name}: ${value}\r\n`;
  }
  if (!hasDate) lines += dateLine();
  const framing = framingOf(status, length, frame);
  if (framing === "chunked") lines += "transfer-encoding: chunked\r\n";
  if (frame.isLast || framing === "until-close") lines += "connection: close\r\n";
  return { text: `${lines}\r\n`, framing, length: framing === "counted" ? length : 0 };
}

/** @param rawHeaders names and values in turn, without line breaks. @returns the head of a response that has no body and is not the last word */
export function interimResponse(status: number, rawHeaders: readonly string[]): string {
  let lines = statusLine(status);
  for (let i = 0; i < rawHeaders.length; i += 2) lines += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  return `${lines}\r\n`;
}

function framingOf(status: number, length: number, { isHead, isOld }: ResponseFrame): ResponseFraming {
  if (isHead || status === 204 || status === 304) return "none";
  if (length >= 0) return "counted";
  return isOld ? "until-close" : "chunked";
}

function statusLine(status: number): string {
  return status === 200 ? "HTTP/1.1 200 OK\r\n" : `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
}

/** @returns an answer that ends its connection, for what never became a request */
export function closingAnswer(status: number, text: string): string {
  const body = `${text}\n`;
  const headers = ["content-type", "text/plain; charset=utf-8", "content-length", String(body.length)];
  return responseStart(status, headers, { isHead: false, isOld: false, isLast: true }).text + body;
}
