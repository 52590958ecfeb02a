import type { AccessRecord } from "@pergola/core";

/** The texts of a record that are its own, or its client's. */
export type OwnTexts = Pick<
  AccessRecord,
  "requestId" | "startTime" | "requestMethod" | "requestPath" | "protocol" | "hostHeader" | "userAgent" | "sourceIpPort"
>;

/** What JSON writes in another way: quotes, backslashes, control characters, and halves of surrogate pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const special = /["\\\0-\x1f\ud800-\udfff]/;

/** Texts that come again and again, and that JSON writes as they are. Some come from clients: few are kept, and none that is long. */
const known = new Set<string>();
const maxKnown = 1_000;
const maxLength = 256;

function isKnownPlain(text: string): boolean {
  if (known.has(text)) return true;
  if (special.test(text)) return false;
  if (text.length > maxLength) return true;
  if (known.size >= maxKnown) known.clear();
  known.add(text);
  return true;
}

/** @returns true when JSON writes all of them as they are, between quotes */
export function arePlain(texts: OwnTexts): boolean {
  return (
    isKnownPlain(texts.startTime) &&
    isKnownPlain(texts.requestMethod) &&
    isKnownPlain(texts.protocol) &&
    isKnownPlain(texts.hostHeader) &&
    isKnownPlain(texts.userAgent) &&
    !special.test(texts.requestId) &&
    !special.test(texts.requestPath) &&
    !special.test(texts.sourceIpPort)
  );
}

/** @returns the texts as JSON writes them, without the quotes around them */
export function escaped(texts: OwnTexts): OwnTexts {
  return {
    requestId: inJson(texts.requestId),
    startTime: inJson(texts.startTime),
    requestMethod: inJson(texts.requestMethod),
    requestPath: inJson(texts.requestPath),
    protocol: inJson(texts.protocol),
    hostHeader: inJson(texts.hostHeader),
    userAgent: inJson(texts.userAgent),
    sourceIpPort: inJson(texts.sourceIpPort),
  };
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
