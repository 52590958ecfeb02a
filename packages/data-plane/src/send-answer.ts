import type { Answer, Call } from "./call.ts";

/** Sends an answer of the data plane itself: one short line of text. */
export type SendAnswer = (call: Call, answer: Answer) => void;

/** @throws nothing; a client that is gone gets nothing */
export const sendAnswer: SendAnswer = (call, { status, text }) => {
  const { exchange, requestId } = call;
  if (exchange.responded) return;
  const body = Buffer.from(`${text}\n`);
  call.status = status;
  exchange.respond(status, [
    "content-type",
    "text/plain; charset=utf-8",
    "content-length",
    String(body.length),
    "x-amzn-requestid",
    requestId,
  ]);
  exchange.end(body);
};
