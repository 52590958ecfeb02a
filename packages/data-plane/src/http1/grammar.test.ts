import { expect, it } from "vitest";
import { blankedFraming, brokenHead, requestChunkLine, requestHead, responseHead, trailerLine } from "./grammar.ts";

const size = 60_000;
const start = "GET / HTTP/1.1\r\n";

/** Texts that nearly match, in every place where an expression could begin anew. */
const nearly: readonly (readonly [name: string, expression: RegExp, text: (length: number) => string])[] = [
  ["a long name", requestHead, (n) => `${start}${"a".repeat(n)}\r\n\r\n`],
  ["a long value", requestHead, (n) => `${start}a:${" ".repeat(n)}\0\r\n\r\n`],
  ["many lines", requestHead, (n) => `${start}${"a:b\r\n".repeat(n / 5)}\0\r\n`],
  ["a long method", requestHead, (n) => "A-".repeat(n / 2)],
  ["a long target", requestHead, (n) => `GET ${"/ HTTP/1.1".repeat(n / 10)}`],
  ["a long reason", responseHead, (n) => `HTTP/1.1 200 ${"a ".repeat(n / 2)}\0`],
  ["many extensions", requestChunkLine, (n) => `5${";a=b".repeat(n / 4)}\0\r\n`],
  ["a long quote", requestChunkLine, (n) => `5;a="${"b".repeat(n)}\r\n`],
  ["a long trailer", trailerLine, (n) => `${"a".repeat(n)}\r\n`],
  ["carriage returns", brokenHead, (n) => "a\r\n".repeat(n / 3)],
  ["framing over and over", blankedFraming, (n) => `${"\r\ncontent-length:5".repeat(n / 18)}\r\n`],
];

/** Milliseconds of processor time, the least of several tries. */
function timeOf(expression: RegExp, text: string): number {
  const tries = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    for (let times = 0; times < 20; times += 1) expression.test(text);
    return process.cpuUsage(before).user / 1_000;
  });
  return Math.min(...tries);
}

it.each(nearly)("%s: a text twice as long takes about twice as long, not four times", (_name, expression, text) => {
  const short = timeOf(expression, text(size / 4));
  const long = timeOf(expression, text(size));

  expect(expression.test(text(size))).toBe(false);
  // Four times the length; quadratic would be sixteen times. Times below a tenth of a millisecond are noise.
  expect(long).toBeLessThan(Math.max(short, 0.5) * 10);
});
