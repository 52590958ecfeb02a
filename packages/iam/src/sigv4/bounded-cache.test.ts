import { describe, expect, it } from "vitest";
import { BoundedCache } from "./bounded-cache.ts";

describe("a bounded cache", () => {
  it("never holds more than two generations", () => {
    const cache = new BoundedCache<number>(10);
    for (let i = 0; i < 1000; i++) {
      cache.set(`${i}`, i);
      expect(cache.size).toBeLessThanOrEqual(20);
    }
    expect(cache.get("999")).toBe(999);
    expect(cache.get("0")).toBeUndefined();
  });

  it("keeps what is read while others come and go", () => {
    const cache = new BoundedCache<number>(10);
    cache.set("steady", 1);
    for (let i = 0; i < 1000; i++) {
      cache.set(`${i}`, i);
      expect(cache.get("steady")).toBe(1);
    }
  });

  it("forgets an older value of a key", () => {
    const cache = new BoundedCache<number>(1);
    cache.set("a", 1);
    cache.set("b", 2);
    cache.set("a", 3);
    expect(cache.get("a")).toBe(3);
  });
});
