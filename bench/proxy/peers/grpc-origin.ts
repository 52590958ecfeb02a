// An origin for unary calls: it gives back the message that it got, and the status 0. `node grpc-origin.ts <port>`
import { createServer } from "node:http2";

const head = { ":status": 200, "content-type": "application/grpc", "x-origin": "bench" };
const server = createServer();
server.on("stream", (stream) => {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", () => stream.destroy());
  stream.on("end", () => {
    stream.respond(head, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.concat(chunks));
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1");
