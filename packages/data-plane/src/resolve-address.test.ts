import { expect, it } from "vitest";
import type { Call, Verdict } from "./call.ts";
import { resolvingForward } from "./resolve-address.ts";

const warnings: string[] = [];
const logger = { info: () => {}, warn: (message: string) => void warnings.push(message), error: () => {} };
const call = (type: string, isClientGone = false): Call =>
  ({ target: { id: "i-1" }, targetGroup: { type }, exchange: { isClientGone } }) as unknown as Call;

function directory(resolves: boolean) {
  const known = new Map<string, string>();
  const asked: string[] = [];
  return {
    asked,
    addressOf: ({ id }: { readonly id: string }) => known.get(id),
    async resolve(targets: readonly { readonly id: string }[]) {
      asked.push(...targets.map(({ id }) => id));
      if (!resolves) throw new Error("throttled");
      for (const { id } of targets) known.set(id, "10.0.0.1");
    },
  };
}

it("a request waits for the address of a target that was never asked for, and for no other", async () => {
  const targets = directory(true);
  const addresses: (string | undefined)[] = [];
  const forward = resolvingForward(
    (): Verdict => {
      addresses.push(targets.addressOf({ id: "i-1" }));
      return "taken";
    },
    targets,
    logger,
  );

  expect(forward(call("IP"))).toBe("taken");
  expect(await forward(call("INSTANCE"))).toBe("taken");
  expect(forward(call("INSTANCE"))).toBe("taken");
  expect(addresses).toEqual([undefined, "10.0.0.1", "10.0.0.1"]);
  expect(targets.asked).toEqual(["i-1"]);
});

it("a target that cannot be looked up is forwarded to as one that is not there, unless the client is gone", async () => {
  let forwarded = 0;
  const forward = resolvingForward(
    (): Verdict => {
      forwarded += 1;
      return "taken";
    },
    directory(false),
    logger,
  );
  await forward(call("ALB"));
  await forward(call("ALB", true));
  expect(forwarded).toBe(1);
  expect(warnings).toHaveLength(2);
});

it("a directory that cannot look anything up is not waited for", () => {
  const plain = (): Verdict => "taken";
  expect(resolvingForward(plain, { addressOf: () => undefined }, logger)).toBe(plain);
});
