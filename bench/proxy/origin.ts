// The same origin for every proxy: 1 KB for each request, with as little work of its own as Node can do.
import { createServer } from "node:net";

const body = "x".repeat(1024);
const response = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Origin: bench\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
);

createServer({ noDelay: true }, (socket) => {
  let rest = "";
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    rest += chunk.toString("latin1");
    for (let end = rest.indexOf("\r\n\r\n"); end !== -1; end = rest.indexOf("\r\n\r\n")) {
      rest = rest.slice(end + 4);
      socket.write(response);
    }
  });
}).listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
