import { headerValue } from "@pergola/core";

// Not imported: docs/lambda.md, "Bundles".
const { isUtf8 } = process.getBuiltinModule("node:buffer");

/** How a function gets a body. */
export interface EncodedBody {
  readonly text: string;
  readonly isBase64: boolean;
}

/** Media types whose bodies go as text. Source: VPC Lattice user guide, "Lambda functions as targets", read 2026-11. */
const textTypes = new Set(["application/json", "application/xml", "application/javascript"]);

/**
 * Text types without Content-Encoding go as they are, everything else as base64. Bytes that are no UTF-8 go as base64 whatever
 * their type: as text they would be damaged.
 */
export function encodeBody(body: Buffer, rawHeaders: readonly string[]): EncodedBody {
  const isText = headerValue(rawHeaders, "content-encoding") === undefined && isTextType(rawHeaders) && isUtf8(body);
  return { text: body.toString(isText ? "utf8" : "base64"), isBase64: !isText };
}

function isTextType(rawHeaders: readonly string[]): boolean {
  const [mediaType = ""] = (headerValue(rawHeaders, "content-type") ?? "").split(";", 1);
  const type = mediaType.trim().toLowerCase();
  return type.startsWith("text/") || textTypes.has(type);
}
