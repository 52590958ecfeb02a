import type { Answer, Call } from "./call.ts";
import { grpcStatusOf, statusFields } from "./grpc/grpc-status.ts";

/** Sends an answer of the data plane itself: one short line of text. */
export type SendAnswer = (call: Call, answer: Answer) => void;

/** @throws nothing; a client that is gone gets nothing */
export const sendAnswer: SendAnswer = (call, answer) => {
  const { exchange, requestId } = call;
  const { status, text } = answer;
  if (exchange.responded) return;
  if (call.isGrpc) {
    sendGrpcAnswer(call, answer);
    return;
  }
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

/** In headers that end the stream ("Trailers-Only"): 200, and what is wrong in `grpc-status`. */
function sendGrpcAnswer(call: Call, answer: Answer): void {
  const status = grpcStatusOf(answer);
  call.status = 200;
  call.grpcStatus = status;
  const fields = ["content-type", "application/grpc", ...statusFields(status, answer.text)];
  call.exchange.respond(200, [...fields, "x-amzn-requestid", call.requestId]);
  call.exchange.end();
}
