import { createHash } from "node:crypto";

/** Id prefixes of the resource kinds, without the hyphen. Source: lattice API model, patterns of the id shapes. */
export const resourceKinds = {
  svc: "service",
  listener: "listener",
  rule: "rule",
  sn: "servicenetwork",
  tg: "targetgroup",
  snsa: "servicenetworkserviceassociation",
  snva: "servicenetworkvpcassociation",
  als: "accesslogsubscription",
  rgw: "resourcegateway",
  rcfg: "resourceconfiguration",
  snra: "servicenetworkresourceassociation",
  rea: "resourceendpointassociation",
  dv: "domainverification",
} as const;

export type IdPrefix = keyof typeof resourceKinds;

/** An id is its prefix, a hyphen and 17 characters. Real ids are lower-case hex that begins with 0; the model admits [0-9a-z]. */
const idPattern = /^([a-z]+)-([0-9a-z]{17})$/;

/** @returns true when `id` has the form of an id with this prefix */
export function isResourceId(prefix: IdPrefix, id: string): boolean {
  const match = idPattern.exec(id);
  return match !== null && match[1] === prefix;
}

/** @returns the 17 characters after the prefix, or undefined when `id` is no id */
export function idSuffix(id: string): string | undefined {
  return idPattern.exec(id)?.[2];
}

/** @returns the id of the association that a group's child has because its group has one: it follows from both */
export function childAssociationId(groupAssociationId: string, childId: string): string {
  const digest = createHash("sha256").update(`${groupAssociationId} ${childId}`).digest("hex");
  return `snra-0${digest.slice(0, 16)}`;
}
