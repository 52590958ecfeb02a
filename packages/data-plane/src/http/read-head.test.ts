import fc from "fast-check";
import { expect, it } from "vitest";
import { readHead } from "./read-head.ts";

const name = fc.constantFrom("Host", "host", "Content-Length", "Transfer-Encoding", "Expect", "X-A", "x-forwarded-for");
const value = fc.oneof(
  fc.constantFrom("a.example.com", "a.example.com:80", "[::1]:80", "0", "5", "chunked", "Chunked", "gzip, chunked", ""),
  fc.string({ maxLength: 20 }),
);
const headers = fc.array(fc.tuple(name, value), { maxLength: 6 }).map((all) => all.flat());
const target = fc.oneof(
  fc.constantFrom("/", "*", "http://a.example.com/x?y", "http://b.example.com/", "a:80", "//x", "/a#b", "?x"),
  fc.string({ maxLength: 30 }),
  fc.string({ maxLength: 30 }).map((text) => `/${text}`),
);
const version = fc.constantFrom("HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0");

it("takes only heads with one Host, one framing and a path, whatever comes in", () => {
  let taken = 0;
  fc.assert(
    fc.property(target, version, headers, (text, protocol, rawHeaders) => {
      const read = readHead("GET", text, protocol, ["Host", "a.example.com", ...rawHeaders]);
      if (read === undefined) return;
      taken += 1;
      const names = rawHeaders.filter((_text, at) => at % 2 === 0).map((one) => one.toLowerCase());
      const { head, contentLength } = read;
      expect(names).not.toContain("host");
      expect(head.host).toBe("a.example.com");
      expect(head.path.startsWith("/")).toBe(true);
      expect(head.path).not.toMatch(/[?#]/);
      expect(head.target).toBe(head.target.includes("?") ? `${head.path}?${head.query}` : head.path);
      expect(names.filter((one) => one === "content-length" || one === "transfer-encoding").length).toBeLessThan(2);
      expect(contentLength).toBeGreaterThanOrEqual(-1);
    }),
    { numRuns: 5_000 },
  );
  expect(taken).toBeGreaterThan(100);
});
