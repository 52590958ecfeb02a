import { latticeOperations, operations } from "@pergola/control-plane";
import { beforeAll, describe, expect, it } from "vitest";
import { inconsistencies } from "../harness/consistency/index.ts";
import { type EstatePlanes, makeEstatePlanes } from "../harness/estate-planes.ts";
import { toWire, validRequests } from "../harness/valid-requests.ts";

let planes: EstatePlanes;
beforeAll(async () => {
  planes = await makeEstatePlanes();
});

describe("a valid request of each of the 73 operations", () => {
  it("is here, and there are no others", () => {
    const names = Object.keys(validRequests(planes.estate)).sort();

    expect(names).toEqual(latticeOperations.map(({ name }) => name));
    expect(names).toEqual(Object.keys(operations).sort());
    expect(names).toHaveLength(73);
  });

  it.each(latticeOperations.map((operation) => [operation.name, operation] as const))(
    "%s: succeeds on a whole estate, members that the API does not have are ignored, and the store stays whole",
    async (name, operation) => {
      await using estate = await planes.open();
      const before = await estate.items();
      const { method, target, body } = toWire(operation, validRequests(planes.estate)[name] ?? {});
      const more = body && { ...body, notAMember: { deeply: ["unknown"] } };

      const answer = await estate.plane.send(method, target, more && JSON.stringify(more));

      expect(answer).toMatchObject({ status: operation.successStatus });
      const after = await estate.items();
      expect(await inconsistencies(after)).toEqual([]);
      expect(JSON.stringify(after) === JSON.stringify(before)).toBe(operations[name]?.readOnly);
    },
  );
});
