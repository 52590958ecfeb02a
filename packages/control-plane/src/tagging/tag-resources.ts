import { errorStatus, invalidFields, LatticeError, type Logger } from "@pergola/core";
import { type Input, list, type Members, required, text, violations } from "../constraint.ts";
import { tagKeys, tags } from "../field-constraints.ts";
import type { Operation } from "../operation.ts";
import { tagResource } from "../tags/tag-resource.ts";
import { untagResource } from "../tags/untag-resource.ts";

/** Runs an operation of VPC Lattice as the caller, in a transaction of its own. */
export type RunAsCaller = (name: string, operation: Operation, input: Record<string, unknown>) => Promise<unknown>;

/** Source: TagResources and UntagResources, API reference, read 2026-11. */
const arns = required(list(text({ min: 1, max: 1011 }), 1, 20));
const tagMembers = { ResourceARNList: arns, Tags: required(tags) };
const untagMembers = { ResourceARNList: arns, TagKeys: tagKeys };

/**
 * TagResources: each resource for itself; those that cannot be tagged are told, the others are tagged.
 * @throws LatticeError ValidationException
 */
export async function tagResources(input: unknown, run: RunAsCaller, logger: Logger): Promise<unknown> {
  const { ResourceARNList, Tags } = checked(tagMembers, input);
  return forEach(ResourceARNList, logger, (resourceArn) =>
    run("TagResource", tagResource, { resourceArn, tags: Tags }),
  );
}

/**
 * UntagResources: as TagResources.
 * @throws LatticeError ValidationException
 */
export async function untagResources(input: unknown, run: RunAsCaller, logger: Logger): Promise<unknown> {
  const { ResourceARNList, TagKeys } = checked(untagMembers, input);
  return forEach(ResourceARNList, logger, (resourceArn) =>
    run("UntagResource", untagResource, { resourceArn, tagKeys: TagKeys }),
  );
}

function checked<M extends Members>(members: M, input: unknown): Input<M> {
  const faults = violations(members, input as Readonly<Record<string, unknown>>);
  if (faults.length > 0) throw invalidFields(faults);
  return input as Input<M>;
}

async function forEach(
  arnList: readonly string[],
  logger: Logger,
  change: (arn: string) => Promise<unknown>,
): Promise<unknown> {
  const failures: Record<string, unknown> = {};
  for (const arn of new Set(arnList)) {
    try {
      await change(arn);
    } catch (error) {
      failures[arn] = failureOf(arn, error, logger);
    }
  }
  return { FailedResourcesMap: failures };
}

/** Source of the two error codes: FailureInfo, API reference, read 2026-11. */
function failureOf(arn: string, error: unknown, logger: Logger): unknown {
  if (error instanceof LatticeError && error.code !== "InternalServerException") {
    return {
      StatusCode: errorStatus[error.code],
      ErrorCode: "InvalidParameterException",
      ErrorMessage: error.message,
    };
  }
  logger.error("a resource's tags could not be changed", { arn, error });
  return { StatusCode: 500, ErrorCode: "InternalServiceException", ErrorMessage: "internal error; try again" };
}
