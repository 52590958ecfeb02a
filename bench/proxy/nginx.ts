// The other peer, where it is installed: one nginx worker with nothing on but kept connections and X-Forwarded-For.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [port = 0, originPort = 0] = process.argv.slice(2, 4).map(Number);
const directory = mkdtempSync(join(tmpdir(), "pergola-bench-nginx-"));
const file = join(directory, "nginx.conf");
writeFileSync(
  file,
  `worker_processes 1;
daemon off;
master_process off;
error_log ${directory}/error.log;
pid ${directory}/pid;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  upstream origin { server 127.0.0.1:${originPort}; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`,
);
const command = "nginx";
const nginx = spawn(command, ["-c", file, "-e", join(directory, "error.log")], {
  stdio: ["ignore", "inherit", "inherit"],
});
nginx.on("exit", (code) => {
  rmSync(directory, { recursive: true, force: true });
  process.exit(code ?? 1);
});
process.on("SIGTERM", () => nginx.kill("SIGKILL"));

async function isListening(): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
  const listening = await promise;
  socket.destroy();
  return listening;
}

while (!(await isListening())) await new Promise((resolve) => setTimeout(resolve, 50));
// The process whose time is measured.
console.log(`ready ${nginx.pid}`);
