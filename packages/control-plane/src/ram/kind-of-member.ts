import type { SharedKind } from "../resource-policies/shared-resource.ts";
import { kindOfType, resourceTypes } from "./managed-permissions.ts";
import { RamError } from "./ram-error.ts";

/** @returns the kind that a request is about; undefined for all @throws RamError InvalidResourceTypeException */
export function kindOfMember(type: string | undefined): SharedKind | undefined {
  const kind = type === undefined ? undefined : kindOfType(type);
  if (type === undefined || kind !== undefined) return kind;
  const known = Object.values(resourceTypes).join(", ");
  throw new RamError("InvalidResourceTypeException", `\`${type}\` cannot be shared here; there are ${known}`);
}
