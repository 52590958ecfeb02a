import type { SharedKind } from "../resource-policies/shared-resource.ts";
import { kindOfType, resourceTypes } from "./permission.ts";
import { RamError } from "./ram-error.ts";

/** @returns the kind that a request is about @throws RamError InvalidResourceTypeException */
export function kindOfMember(type: string): SharedKind {
  const kind = kindOfType(type);
  if (kind !== undefined) return kind;
  const known = Object.values(resourceTypes).join(", ");
  throw new RamError("InvalidResourceTypeException", `\`${type}\` cannot be shared here; there are ${known}`);
}
