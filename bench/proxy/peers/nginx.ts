import { services } from "../scene.ts";

/** What nginx is to do: relay, or also find the service and rule and write a JSON access log, or relay with buffers for large bodies. */
export type NginxVariant = "bare" | "routing and log" | "tuned for bodies" | "HTTP/2";

const common = (directory: string): string => `worker_processes 1;
daemon off;
master_process off;
error_log ${directory}/error.log;
pid ${directory}/pid;
events { worker_connections 12000; }`;
const temporary = (directory: string): string =>
  ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `  ${kind}_temp_path ${directory}/${kind};`)
    .join("\n");

/** The origin: 1 KB for every path, and files of a directory. */
export function originConfig(directory: string, port: number): string {
  return `${common(directory)}
http {
  access_log off;
${temporary(directory)}
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  sendfile on;
  default_type text/plain;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { add_header X-Origin bench; add_header Cache-Control no-store; return 200 "${"x".repeat(1024)}"; }
    location /api/v1/files/ { alias ${directory}/api/v1/files/; }
  }
}
`;
}

/** @returns the configuration of one worker before `originPort` */
export function proxyConfig(variant: NginxVariant, directory: string, port: number, originPort: number): string {
  return `${common(directory)}
http {
${temporary(directory)}
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  client_max_body_size 0;
  proxy_request_buffering off;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  upstream origin { server 127.0.0.1:${originPort}; keepalive 256; keepalive_requests 1000000000; keepalive_timeout 3600s; }
${variant === "routing and log" ? routingAndLog(directory, port) : relay(variant, port)}
}
`;
}

function relay(variant: NginxVariant, port: number): string {
  const buffers = `
    client_body_buffer_size 128k;
    proxy_buffering off;
    proxy_buffer_size 64k;
    proxy_buffers 8 64k;
    proxy_busy_buffers_size 128k;
    proxy_max_temp_file_size 0;`;
  return `  access_log off;
  server {
    listen 127.0.0.1:${port} backlog=4096${variant === "HTTP/2" ? " http2" : ""};${variant === "tuned for bodies" ? buffers : ""}
    location / { proxy_pass http://origin; }
  }`;
}

/** The services and rules that Pergola has, as servers and locations, and as many fields in the log as are to be had. */
function routingAndLog(directory: string, port: number): string {
  const fields = [
    "host",
    "request_id",
    "time_iso8601",
    "request_method",
    "uri",
    "server_protocol",
    "http_user_agent",
    "remote_addr",
    "remote_port",
    "upstream_addr",
    "status",
    "request_length",
    "bytes_sent",
    "request_time",
    "upstream_response_time",
    "upstream_header_time",
    "upstream_connect_time",
    "server_name",
  ];
  const format = `{${fields.map((name) => `"${name}":"$${name}"`).join(",")}}`;
  const servers = services.map(({ domainName, listeners }) => {
    const locations = (listeners[0]?.rules ?? []).map(({ match }) => {
      const path = match.httpMatch.pathMatch?.match;
      const at = path !== undefined && "exact" in path ? `= ${path.exact}` : `${path?.prefix}`;
      return `    location ${at} { proxy_pass http://$environment; }`;
    });
    return `  server {
    listen 127.0.0.1:${port};
    server_name ${domainName};
${locations.join("\n")}
  }`;
  });
  return `  server_names_hash_bucket_size 256;
  server_names_hash_max_size 4096;
  map $http_x_env $environment { default origin; beta origin; }
  log_format json escape=json '${format}';
  access_log ${directory}/access.log json buffer=64k flush=1s;
  server { listen 127.0.0.1:${port} backlog=4096 default_server; return 404; }
${servers.join("\n")}`;
}
