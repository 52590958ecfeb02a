// Load: kept connections, one request at a time on each. Prints one line of JSON.
// Usage: node load.ts <port> <connections> <seconds> <request head as base64>
import { connect } from "node:net";

const [port = 0, connections = 0, seconds = 0] = process.argv.slice(2, 5).map(Number);
const request = Buffer.from(process.argv[5] ?? "", "base64");
const latencies: number[] = [];
let failure: string | undefined;
let isMeasuring = false;
let isOver = false;
let answered = 0;
/** By then the code that a request runs through is compiled; a proxy that runs for days is measured, not its first seconds. */
const warmRequests = 40_000;
const longestWarmUp = 20_000;

function open(): void {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let startedAt = 0;
  let head = "";
  /** Bytes of body to come; -1 while the head is not complete. */
  let left = -1;
  const next = (): void => {
    head = "";
    left = -1;
    startedAt = performance.now();
    socket.write(request);
  };
  socket.on("connect", next);
  socket.on("error", (error) => {
    if (!isOver) failure ??= String(error);
  });
  socket.on("close", () => {
    if (!isOver) failure ??= "connection closed";
  });
  socket.on("data", (chunk) => {
    if (left === -1) {
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return;
      if (!head.startsWith("HTTP/1.1 200")) failure ??= head.slice(0, 200);
      left = Number(/content-length: (\d+)/i.exec(head)?.[1]) - (head.length - end - 4);
    } else left -= chunk.length;
    if (left > 0) return;
    answered += 1;
    if (isMeasuring) latencies.push(performance.now() - startedAt);
    if (isOver) socket.destroy();
    else next();
  });
}

for (let i = 0; i < connections; i += 1) open();
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const begun = performance.now();
do await pause(500);
while (answered < warmRequests && performance.now() - begun < longestWarmUp && failure === undefined);
console.log(JSON.stringify({ phase: "warm" }));
isMeasuring = true;
const from = performance.now();
await pause(seconds * 1000);
isMeasuring = false;
const elapsed = (performance.now() - from) / 1000;
isOver = true;
latencies.sort((a, b) => a - b);
const at = (share: number): number => Number((latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(2));
console.log(
  JSON.stringify({
    phase: "done",
    failure,
    requests: latencies.length,
    rate: latencies.length / elapsed,
    p50: at(0.5),
    p99: at(0.99),
  }),
);
process.exit(failure === undefined ? 0 : 1);
