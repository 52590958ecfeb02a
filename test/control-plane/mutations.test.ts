import { latticeOperations, operations } from "@pergola/control-plane";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RawAnswer } from "../harness/control-plane.ts";
import { type EstatePlane, type EstatePlanes, makeEstatePlanes } from "../harness/estate-planes.ts";
import { toWire, validRequests } from "../harness/valid-requests.ts";
import { type Mutant, mutantsOf } from "./mutations/mutate.ts";

let planes: EstatePlanes;
let estate: EstatePlane;
beforeAll(async () => {
  planes = await makeEstatePlanes();
  estate = await planes.open();
});
afterAll(() => estate?.[Symbol.asyncDispose]());

describe("a valid request with one thing wrong in it is refused, says where, and writes nothing", () => {
  it.each(latticeOperations.map((operation) => [operation.name, operation] as const))("%s", async (name, operation) => {
    const before = JSON.stringify(await estate.items());
    const request = toWire(operation, validRequests(planes.estate)[name] ?? {});
    const required = Object.entries(operations[name]?.input ?? {}).flatMap(([member, rule]) =>
      rule.required ? [member] : [],
    );
    const mutants = mutantsOf(request, required);

    const wrong: string[] = [];
    for (const mutant of mutants) {
      const answer = await estate.plane.send(mutant.method, mutant.target, mutant.body);
      const problem = problemOf(mutant, answer);
      if (problem !== undefined) wrong.push(`${mutant.name}: ${problem}`);
    }

    expect(wrong).toEqual([]);
    expect(estate.plane.faults).toEqual([]);
    expect(JSON.stringify(await estate.items())).toBe(before);
    const isBare = request.body === undefined && !request.target.includes("?") && required.length === 0;
    expect(mutants.length).toBeGreaterThan(isBare ? -1 : 5);
  });
});

function problemOf({ isInPath, member }: Mutant, { status, headers, json }: RawAnswer): string | undefined {
  const type = headers["x-amzn-errortype"];
  const said = `${status} ${type} ${JSON.stringify(json)?.slice(0, 200)}`;
  const {
    message,
    reason,
    fieldList = [],
  } = (json ?? {}) as {
    message?: string;
    reason?: string;
    fieldList?: { name: string }[];
  };
  if (typeof message !== "string" || headers["x-amzn-requestid"] === undefined)
    return `${said}: no message or request id`;
  const isNowhere = status === 404 && (type === "UnknownOperationException" || type === "ResourceNotFoundException");
  if (isInPath && isNowhere) return undefined;
  if (status !== 400 || type !== "ValidationException" || reason === undefined) return said;
  const isNamed =
    member === undefined || fieldList.some(({ name }) => name.startsWith(member)) || message.includes(member);
  return isNamed ? undefined : `${said}: does not name ${member}`;
}
