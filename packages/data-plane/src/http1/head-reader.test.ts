import fc from "fast-check";
import { expect, it } from "vitest";
import { leadingRequest, leadingResponse, maxHead, requestHead } from "./grammar.ts";
import { HeadReader, headBroken, headIncomplete } from "./head-reader.ts";

const get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

/** A request's head of so many bytes. */
function headOf(size: number): string {
  const [start, end] = ["GET / HTTP/1.1\r\nX: ", "\r\n\r\n"];
  return start + "x".repeat(size - start.length - end.length) + end;
}

/** @returns the heads that a stream begins with, in their order, and what there is in place of a next one; nothing behind a head is body */
function headsIn(grammar: RegExp, pieces: readonly string[]): (string | number)[] {
  const reader = new HeadReader(grammar);
  const found: (string | number)[] = [];
  for (const piece of pieces) {
    // Bytes of an earlier, longer read stand behind this one.
    const buffer = Buffer.from(`${piece}\r\n\r\n${get}`, "latin1");
    for (let at = 0; at < piece.length; ) {
      at = reader.read(buffer, at, piece.length);
      if (at === headBroken) return [...found, headBroken];
      if (at === headIncomplete) break;
      found.push(reader.take().slice(0, reader.length));
    }
  }
  return reader.isPartial ? [...found, headIncomplete] : found;
}

it.each<[string, RegExp, string, readonly (string | number)[]]>([
  ["one head", leadingRequest, get, [get]],
  ["two heads", leadingRequest, get + get, [get, get]],
  ["an empty line before one", leadingRequest, `${get}\r\n${get}`, [get, `\r\n${get}`]],
  ["two empty lines before one", leadingRequest, `\r\n\r\n${get}`, [headBroken]],
  ["an empty line before a response", leadingResponse, `\r\n${ok}`, [headBroken]],
  ["an interim response and another", leadingResponse, `HTTP/1.1 100\r\n\r\n${ok}`, ["HTTP/1.1 100\r\n\r\n", ok]],
  ["bytes that are no head behind one", leadingResponse, `${ok}ok\r\n\r\n`, [ok, headBroken]],
  ["a head that is not complete behind one", leadingRequest, get + get.slice(0, -1), [get, headIncomplete]],
  ["a bare line feed", leadingRequest, "GET / HTTP/1.1\nHost: a\r\n\r\n", [headBroken]],
  ["a line without a name", leadingRequest, "GET / HTTP/1.1\r\n: a\r\n\r\n", [headBroken]],
  ["a folded line", leadingResponse, "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", [headBroken]],
  ["a line that ends in a bare line feed", leadingRequest, "GET / HTTP/1.1\r\nHost: a\n\r\n\r\n", [headBroken]],
])("%s: the same, wherever the bytes are cut in two", (_name, grammar, text, expected) => {
  for (let cut = 0; cut < text.length; cut += 1) {
    expect(headsIn(grammar, [text.slice(0, cut), text.slice(cut)])).toEqual(expected);
  }
});

it("takes heads that come byte by byte", () => {
  expect(headsIn(leadingRequest, [...(get + headOf(9_000) + get)])).toEqual([get, headOf(9_000), get]);
});

it.each([1, 4_000, 4_096, 4_097, 30_000, 2 * maxHead])(
  "takes no head of more than 60 KB, in reads of %i bytes",
  (size) => {
    const inReads = (text: string): string[] => text.match(new RegExp(`.{1,${size}}`, "gs")) ?? [];
    expect(headsIn(leadingRequest, inReads(headOf(maxHead)))).toEqual([headOf(maxHead)]);
    expect(headsIn(leadingRequest, inReads(headOf(maxHead + 1)))).toEqual([headBroken]);
    expect(headsIn(leadingRequest, inReads(headOf(maxHead + 4).slice(0, -2)))).toEqual([headBroken]);
  },
);

it.each([4_096, 4_097])("what is behind a head is text where the read had %i bytes", (size) => {
  const reader = new HeadReader(leadingResponse);
  const bytes = Buffer.from(ok.padEnd(size, "\xe9"), "latin1");
  expect(reader.read(bytes, 0, size)).toBe(ok.length);
  expect(reader.take()).toBe(size > 4_096 ? ok : ok + "\xe9".repeat(size - ok.length));
  expect(reader.length).toBe(ok.length);
  expect(reader.isPartial).toBe(false);
});

const part = fc.constantFrom("GET /", " HTTP/1.1", "\r\n", "\r\n\r\n", "\r", "\n", "X: y", ":", " ", "\0", "\xe9", get);

it("a head is what the grammar takes of what is before the first empty line", () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.boolean(), (parts, isBegun) => {
      const text = (isBegun ? "GET / HTTP/1.1\r\n" : "") + parts.join("");
      const end = text.indexOf("\r\n\r\n");
      const head = text.slice(0, end + 4);
      const isHead = end !== -1 && requestHead.test(head.replace(/^\r\n/, ""));
      if (isHead) taken += 1;
      expect(headsIn(leadingRequest, [text])[0] === head).toBe(isHead);
    }),
    { numRuns: 2_000 },
  );
  expect(taken).toBeGreaterThan(200);
});
