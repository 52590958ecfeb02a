import { createHash } from "node:crypto";
import { type Key, owners, type Service } from "@pergola/core";
import { integer, text } from "../constraint.ts";

/** Seconds a connection may idle. Source: CreateService, API reference, read 2026-11. */
export const defaultIdleTimeoutSeconds = 60;
export const idleTimeoutSeconds = integer(60, 600);

export const certificateArn = text({
  max: 2048,
  pattern: /^(?:arn:[a-z0-9-]{1,64}:[a-z0-9-]{1,64}:[a-z0-9-]{0,64}:[0-9]{0,12}:certificate\/[0-9a-z-]{1,128})?$/,
  form: "the ARN of an ACM certificate, or empty",
});

export function serviceKeyOf({ account, region, id }: Pick<Service, "account" | "region" | "id">): Key {
  return { owner: owners.services({ account, region }), id };
}

/** Entry by which the data plane finds a service under its custom domain name. */
export function domainKey(domainName: string, serviceId: string): Key {
  return { owner: owners.domain(domainName), id: serviceId };
}

/** A zone id of the usual form, one for each region and stable. AWS's own ids per region are not published. */
export function hostedZoneId(region: string): string {
  const digest = createHash("sha256").update(`pergola ${region}`).digest("hex");
  return `Z0${digest.slice(0, 19).toUpperCase()}`;
}
