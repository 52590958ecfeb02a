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

/** Header lines as they are sent, with what decides about the lines that are still missing. */
export interface HeaderLines {
  readonly lines: string;
  /** The Content-Length among them, -1 without. */
  readonly length: number;
  readonly hasDate: boolean;
}

/** @param rawHeaders names and values in turn, without line breaks */
export function linesOf(rawHeaders: readonly string[]): HeaderLines {
  let lines = "";
  let length = -1;
  let hasDate = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    if (name.length === 14 && name.toLowerCase() === "content-length") length = Number(value);
    else if (name.length === 4 && name.toLowerCase() === "date") hasDate = true;
    lines += `${name}: ${value}\r\n`;
  }
  return { lines, length, hasDate };
}

/** @returns a response's head; framing comes from the Content-Length */
export function responseStart(
  status: number,
  lines: string,
  length: number,
  hasDate: boolean,
  frame: ResponseFrame,
): ResponseStart {
  const framing = framingOf(status, length, frame);
  let text = statusLine(status) + lines;
  if (!hasDate) text += dateLine();
  if (framing === "chunked") text += "transfer-encoding: chunked\r\n";
  text += frame.isLast || framing === "until-close" ? "connection: close\r\n\r\n" : "\r\n";
  return { text, framing, length: framing === "counted" ? length : 0 };
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
  const lines = `content-type: text/plain; charset=utf-8\r\ncontent-length: ${body.length}\r\n`;
  const frame = { isHead: false, isOld: false, isLast: true };
  return responseStart(status, lines, body.length, false, frame).text + body;
}
