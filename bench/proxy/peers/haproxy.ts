/** An origin for uploads: it has all of a body before it answers. */
export function uploadOriginConfig(port: number, bytes: number): string {
  return `global
  nbthread 1
  maxconn 8000
  tune.bufsize 262144
defaults
  mode http
  timeout connect 5s
  timeout client 3600s
  timeout server 3600s
  timeout http-keep-alive 3600s
frontend uploads
  bind 127.0.0.1:${port}
  http-request wait-for-body time 10s at-least ${bytes}
  http-request return status 200 content-type text/plain string "${"y".repeat(64)}" hdr X-Origin bench
`;
}
