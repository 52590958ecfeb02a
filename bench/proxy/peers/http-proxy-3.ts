// http-proxy-3 with nothing on but kept connections and X-Forwarded-For: `node http-proxy-3.ts <port> <origin port>`.
import { Agent, createServer } from "node:http";
import { createProxyServer } from "http-proxy-3";

const [port, originPort] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 256 });
const proxy = createProxyServer({ target: `http://127.0.0.1:${originPort}`, agent, xfwd: true });
proxy.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
createServer({ keepAliveTimeout: 60_000 }, (request, response) => proxy.web(request, response)).listen(
  port,
  "127.0.0.1",
);
