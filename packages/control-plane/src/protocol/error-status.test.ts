import * as latticeClient from "@aws-sdk/client-vpc-lattice";
import { errorStatus } from "@pergola/core";
import { NormalizedSchema } from "@smithy/core/schema";
import { expect, it } from "vitest";

it("errors have the statuses of the SDK's schemas", () => {
  const modelled = Object.values(latticeClient)
    .filter((value) => Array.isArray(value) && value[0] === -3)
    .map((schema) => NormalizedSchema.of(schema as unknown as Parameters<typeof NormalizedSchema.of>[0]))
    .map((schema) => [schema.getName(), schema.getMergedTraits().httpError] as const)
    .filter(([, status]) => status !== undefined);

  expect(modelled.length).toBeGreaterThan(0);
  expect(Object.fromEntries(modelled)).toEqual(errorStatus);
});
