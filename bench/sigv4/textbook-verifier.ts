import { timingSafeEqual } from "node:crypto";
import { textbookSignature } from "../../test/signers/textbook.ts";
import { type BenchRequest, key } from "./requests.ts";

/**
 * A verifier as one writes it on a first reading of AWS's documentation: correct for plain requests, keys derived each time,
 * `createHash` and `createHmac`.
 */
export function textbookVerify(request: BenchRequest): boolean {
  const headers = new Map<string, string>();
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    headers.set((request.rawHeaders[i] as string).toLowerCase(), request.rawHeaders[i + 1] as string);
  }
  const parts = /SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(headers.get("authorization") ?? "");
  if (parts === null) return false;
  const signed = (parts[1] as string)
    .split(";")
    .map((name) => [name, canonicalValue(headers.get(name) ?? "")] as const);
  const canonical = {
    method: request.method,
    canonicalPath: request.path.split("/").map(encodeURIComponent).join("/"),
    canonicalQuery: request.query.split("&").sort().join("&"),
    signed,
    payloadHash: headers.get("x-amz-content-sha256") ?? "",
  };
  const expected = textbookSignature(canonical, key, headers.get("x-amz-date") ?? "");
  return timingSafeEqual(Buffer.from(expected), Buffer.from(parts[2] as string));
}

function canonicalValue(value: string): string {
  return value.trim().replace(/ +/g, " ");
}
