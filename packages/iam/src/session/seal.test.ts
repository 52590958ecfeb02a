import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Keyring, newSealingKey, rotateKeyring } from "./keyring.ts";
import { maxSealedLength, seal, unseal } from "./seal.ts";

const day = 86_400_000;
const start = new Date("2026-11-01T00:00:00Z");
const keyring: Keyring = { keys: [newSealingKey(start)] };

describe("sealing", () => {
  it("opens what it sealed, byte for byte", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        const sealed = seal(keyring, "session", bytes);
        expect(Buffer.from(unseal(keyring, "session", sealed) ?? [])).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it("opens nothing in which any one character was changed", () => {
    const sealed = seal(keyring, "session", Buffer.from("principal"));
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom(..."ABCXYZabcxyz0189-_"), (index, character) => {
        fc.pre(sealed[index] !== character);
        const changed = sealed.slice(0, index) + character + sealed.slice(index + 1);
        expect(unseal(keyring, "session", changed)).toBeUndefined();
      }),
    );
  });

  it("opens nothing that is cut short or lengthened", () => {
    const sealed = seal(keyring, "session", Buffer.from("principal"));
    for (let length = 0; length < sealed.length; length += 1) {
      expect(unseal(keyring, "session", sealed.slice(0, length))).toBeUndefined();
    }
    expect(unseal(keyring, "session", `${sealed}A`)).toBeUndefined();
    expect(unseal(keyring, "session", `${sealed}=`)).toBeUndefined();
  });

  it("opens nothing that was sealed for another purpose or by another key", () => {
    const sealed = seal(keyring, "session", Buffer.from("principal"));
    expect(unseal(keyring, "access-key", sealed)).toBeUndefined();
    expect(unseal({ keys: [newSealingKey(start)] }, "session", sealed)).toBeUndefined();
  });

  it("does not look at text that is too long, or not base64url", () => {
    expect(unseal(keyring, "session", "A".repeat(maxSealedLength + 1))).toBeUndefined();
    expect(unseal(keyring, "session", "\u0000 not base64")).toBeUndefined();
  });
});

describe("rotating the keyring", () => {
  it("seals with the new key and still opens with the old one", () => {
    const sealed = seal(keyring, "session", Buffer.from("x"));
    const rotated = rotateKeyring(keyring, new Date(start.getTime() + day), day, 3 * day);
    expect(rotated.keys).toHaveLength(2);
    expect(unseal(rotated, "session", sealed)?.toString()).toBe("x");
    expect(unseal(keyring, "session", seal(rotated, "session", Buffer.from("y")))).toBeUndefined();
  });

  it("drops a key when its overlap is over", () => {
    const sealed = seal(keyring, "session", Buffer.from("x"));
    const later = rotateKeyring(keyring, new Date(start.getTime() + 3 * day), day, 3 * day);
    expect(later.keys).toHaveLength(1);
    expect(unseal(later, "session", sealed)).toBeUndefined();
  });

  it("changes nothing before its time, and makes a first key", () => {
    expect(rotateKeyring(keyring, new Date(start.getTime() + day - 1), day, 3 * day)).toBe(keyring);
    expect(rotateKeyring({ keys: [] }, start, day, 3 * day).keys).toHaveLength(1);
  });
});
