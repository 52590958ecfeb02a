import { withinBound } from "@pergola/core/testing/within-bound";
import { expect, it } from "vitest";
import * as grammar from "./grammar.ts";

/** Characters; far more than any head has: one look at each is a matter of milliseconds, one for each pair of them of many minutes. */
const size = 2_000_000;
const start = "GET / HTTP/1.1\r\n";

const of = (unit: string): string => unit.repeat(Math.ceil(size / unit.length));

/** Texts that nearly match, in every place where an expression could begin anew. */
const nearly: readonly (readonly [name: string, expression: RegExp, text: () => string])[] = [
  ["a long name of a header", grammar.headerLine, () => `${of("a")}\r\n`],
  ["a long value of a header", grammar.headerLine, () => `a:${of(" ")}\0\r\n`],
  ["a long name", grammar.requestHead, () => `${start}${of("a")}\r\n\r\n`],
  ["a long value", grammar.requestHead, () => `${start}a:${of(" ")}\0\r\n\r\n`],
  ["a long value of tabs", grammar.requestHead, () => `${start}a:${of("\t")}\0\r\n\r\n`],
  ["a long value of bytes above ASCII", grammar.leadingResponse, () => `HTTP/1.1 200\r\na:${of("\xe9 ")}\0\r\n`],
  ["many lines", grammar.requestHead, () => `${start}${of("a:b\r\n")}\0\r\n`],
  ["a long method", grammar.requestHead, () => of("A-")],
  ["a long target", grammar.requestHead, () => `GET ${of("/ HTTP/1.1")}`],
  ["many lines of a request that more may follow", grammar.leadingRequest, () => `\r\n${start}${of("a:b\r\n")}\0\r\n`],
  ["a long target of one", grammar.leadingRequest, () => `GET ${of("/ HTTP/1.1")}`],
  ["a long reason", grammar.leadingResponse, () => `HTTP/1.1 200 ${of("a ")}\0`],
  ["many lines of a response", grammar.leadingResponse, () => `HTTP/1.1 200\r\n${of("a:b\r\n")}\0\r\n`],
  ["many extensions", grammar.requestChunkLine, () => `5${of(";a=b")}\0\r\n`],
  ["a long quote", grammar.requestChunkLine, () => `5;a="${of("b")}\r\n`],
  ["a long name of an extension", grammar.requestChunkLine, () => `5;${of("a")}\0\r\n`],
  ["many zeros", grammar.responseChunkLine, () => `${of("0")}\r\n`],
  ["many extensions of a target's", grammar.responseChunkLine, () => `5${of(';a="b"')}\0\r\n`],
  ["a long trailer", grammar.trailerLine, () => `${of("a")}\r\n`],
  ["a long value of a trailer", grammar.trailerLine, () => `a:${of(" ")}\0\r\n`],
  ["a long length", grammar.contentLength, () => of("1")],
  ["carriage returns", grammar.brokenHead, () => of("a\r\n")],
  ["a long line", grammar.brokenHead, () => of("a")],
  ["framing over and over", grammar.blankedFraming, () => `${of("\r\ncontent-length:5")}\r\n`],
  ["a long coding", grammar.blankedFraming, () => `\r\ntransfer-encoding:${of("a")}\r\n`],
];

it.each(nearly)("%s: takes time linear in the text", (_name, expression, make) => {
  const text = make();
  expect(withinBound(() => expression.test(text))).toBe(false);
});

it("no expression of the grammar is left out here", () => {
  const all = Object.values(grammar).filter((value) => value instanceof RegExp);
  expect(new Set(nearly.map(([, expression]) => expression))).toEqual(new Set(all));
});
