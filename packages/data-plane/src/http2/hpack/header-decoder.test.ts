import { expect, it } from "vitest";
import { HeaderDecoder } from "./header-decoder.ts";

const limits = { maxSize: 4_000, maxFields: 20 };
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

function read(decoder: HeaderDecoder, block: Buffer): string[] | undefined {
  if (!decoder.decode(block, 0, block.length)) return undefined;
  return decoder.fields.map(({ name, value }) => `${name.spelling}: ${value}`);
}

const request = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];

it("reads the examples of RFC 7541, one block after another of a connection (C.3 and C.4)", () => {
  const plain = new HeaderDecoder(limits);
  expect(read(plain, hex("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d"))).toEqual(request);
  expect(read(plain, hex("8286 84be 5808 6e6f 2d63 6163 6865"))).toEqual([...request, "cache-control: no-cache"]);

  const compressed = new HeaderDecoder(limits);
  expect(read(compressed, hex("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"))).toEqual(request);
  expect(read(compressed, hex("8286 84be 5886 a8eb 1064 9cbf"))).toEqual([...request, "cache-control: no-cache"]);
  const last = read(compressed, hex("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"));
  const [method, , , authority] = request;
  expect(last).toEqual([method, ":scheme: https", ":path: /index.html", authority, "custom-key: custom-value"]);
});

const broken: readonly (readonly [string, Buffer])[] = [
  ["index 0", hex("80")],
  ["an index beyond the static table and an empty dynamic one", hex("be")],
  ["a name beyond them", hex("7e 01 61")],
  ["an index that is cut off", hex("ff")],
  ["an index without end", hex("ff ff ff ff ff ff ff ff ff ff ff 7f")],
  ["a length without end", hex("00 7f ff ff ff ff ff ff ff ff 7f")],
  ["a literal without anything", hex("40")],
  ["a literal without a value", hex("40 01 61")],
  ["a name that is longer than the block", hex("40 05 61 62")],
  ["a value that is longer than the block", hex("40 01 61 05 62")],
  ["a compressed string padded with zeros", hex("00 01 61 81 18")],
  ["a compressed string padded with a whole byte", hex("00 01 61 82 1f ff")],
  ["a compressed string with the end of strings in it", hex("00 01 61 84 ff ff ff fc")],
  ["a table that is larger than was offered", hex("3f e2 1f")],
  ["an update of the table's size behind a header", hex("82 20")],
  ["three updates of the table's size", hex("20 20 20 82")],
];

it.each(broken)("takes %s for no header block", (_name, block) => {
  expect(read(new HeaderDecoder(limits), block)).toBeUndefined();
});

it("forgets entries that have no room any more, and all of them when the table becomes empty", () => {
  const decoder = new HeaderDecoder(limits);
  const value = Buffer.alloc(1_500, "x");
  const entry = Buffer.concat([hex("40 01"), Buffer.from("a"), hex("7f dd 0a"), value]);
  for (let i = 0; i < 3; i += 1) expect(read(decoder, entry)).toHaveLength(1);
  // 1,533 bytes each: two of them fit into 4,096.
  expect(read(decoder, hex("be bf"))).toHaveLength(2);
  expect(read(decoder, hex("c0"))).toBeUndefined();
  expect(read(decoder, hex("20 3f e1 1f 82"))).toEqual([":method: GET"]);
  expect(read(decoder, hex("be"))).toBeUndefined();
});

it("keeps nothing of a list that is too long, and stays in step with what it puts into the table", () => {
  const decoder = new HeaderDecoder(limits);
  const entry = Buffer.concat([hex("40 01"), Buffer.from("b"), hex("01"), Buffer.from("2")]);
  const bomb = Buffer.concat([Buffer.alloc(10_000, 0x82), entry]);
  expect(read(decoder, bomb)).toEqual([]);
  expect(decoder.isTooLarge).toBe(true);
  expect(read(decoder, hex("be"))).toEqual(["b: 2"]);
  expect(decoder.isTooLarge).toBe(false);
});
