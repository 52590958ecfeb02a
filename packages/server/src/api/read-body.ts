import type { IncomingMessage } from "node:http";

/** The largest body of an API request, in bytes. The largest documents of the API are auth policies of 10 KB. */
export const maxBodyBytes = 1024 * 1024;

/** @returns the whole body, or `too-large`, whatever the length that the sender announced */
export async function readBody(request: IncomingMessage): Promise<Buffer | "too-large"> {
  if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) return "too-large";
  const chunks: Buffer[] = [];
  let size = 0;
  // Left intact: the sender is still to read the answer, on the same socket.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) return "too-large";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
