import { type Constraint, integer, list, optional, type Required, required, text } from "./constraint.ts";

/**
 * Constraints that several operations share. Source of the numbers: the VPC Lattice API model (2022-11-30) and user guide, read
 * 2026-11.
 */

/** A resource name: lower-case letters, digits and single hyphens within, not beginning like an id of its kind. */
export function resourceName(max: number, forbiddenPrefix?: string): Required<string> {
  const form = `lower-case letters, digits and single hyphens, not at an end${forbiddenPrefix ? `, and not begin with \`${forbiddenPrefix}\`` : ""}`;
  const characters = text({ min: 3, max, pattern: /^[a-z0-9]+(?:-[a-z0-9]+)*$/, form });
  return required({
    required: false,
    check(value, path, report) {
      if (forbiddenPrefix !== undefined && value.startsWith(forbiddenPrefix))
        report({ name: path, message: `must be ${form}` });
      else characters.check(value, path, report);
    },
  });
}

const region = "[a-zA-Z0-9-]{1,64}";
const arnStart = `arn:[a-z0-9-]{1,64}:vpc-lattice:${region}:[0-9]{12}:`;

/** An id or ARN of a resource, as path label, query parameter or body member. */
export function identifier(prefix: string, arnPath: string): Constraint<string> {
  const pattern = new RegExp(`^(?:${prefix}-[0-9a-z]{17}|${arnStart}${arnPath})$`);
  return text({
    min: 3,
    max: 2048,
    pattern,
    form: `an id \`${prefix}-…\` (17 characters of 0-9 and a-z after it) or the ARN of such a resource`,
  });
}

export const serviceIdentifier = identifier("svc", "service/svc-[0-9a-z]{17}");
export const listenerIdentifier = identifier("listener", "service/svc-[0-9a-z]{17}/listener/listener-[0-9a-z]{17}");
export const ruleIdentifier = identifier(
  "rule",
  "service/svc-[0-9a-z]{17}/listener/listener-[0-9a-z]{17}/rule/rule-[0-9a-z]{17}",
);
export const serviceNetworkIdentifier = identifier("sn", "servicenetwork/sn-[0-9a-z]{17}");
export const targetGroupIdentifier = identifier("tg", "targetgroup/tg-[0-9a-z]{17}");
export const serviceAssociationIdentifier = identifier("snsa", "servicenetworkserviceassociation/snsa-[0-9a-z]{17}");
export const vpcAssociationIdentifier = identifier("snva", "servicenetworkvpcassociation/snva-[0-9a-z]{17}");
export const accessLogSubscriptionIdentifier = identifier("als", "accesslogsubscription/als-[0-9a-z]{17}");
export const resourceGatewayIdentifier = identifier("rgw", "resourcegateway/rgw-[0-9a-z]{17}");
export const resourceConfigurationIdentifier = identifier("rcfg", "resourceconfiguration/rcfg-[0-9a-z]{17}");
export const resourceAssociationIdentifier = identifier("snra", "servicenetworkresourceassociation/snra-[0-9a-z]{17}");
export const resourceEndpointAssociationIdentifier = identifier("rea", "resourceendpointassociation/rea-[0-9a-z]{17}");
export const domainVerificationIdentifier = identifier("dv", "domainverification/dv-[0-9a-z]{17}");

/** Service, service network or resource configuration, for auth policies and access log subscriptions. */
export const policyResourceIdentifier: Constraint<string> = text({
  min: 17,
  max: 200,
  pattern: new RegExp(
    `^(?:(?:sn|svc|rcfg)-[0-9a-z]{17}|${arnStart}(?:servicenetwork/sn|service/svc|resourceconfiguration/rcfg)-[0-9a-z]{17})$`,
  ),
  form: "the id or ARN of a service, service network or resource configuration",
});

export const vpcId: Constraint<string> = text({
  min: 5,
  max: 50,
  pattern: /^vpc-(?:[0-9a-z]{8}|[0-9a-z]{17})$/,
  form: "a VPC id",
});
const securityGroupId = text({
  min: 5,
  max: 200,
  pattern: /^sg-(?:[0-9a-z]{8}|[0-9a-z]{17})$/,
  form: "a security group id",
});
/** @param min 0 where all security groups may be left out or taken away */
export function securityGroupIds(min: 0 | 1): Constraint<readonly string[]> {
  return list(securityGroupId, min, 5);
}
/** A name in the DNS, of one label or more. */
export const domainName: Constraint<string> = text({
  min: 3,
  max: 255,
  pattern: /^(?=.{3,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*$/i,
  form: "a domain name",
});
export const clientToken: Constraint<string> = text({ min: 1, max: 64, pattern: /[!-~]/, form: "printable ASCII" });
export const port: Constraint<number> = integer(1, 65_535);

/** Members of every List operation. */
export const paging = { maxResults: integer(1, 100), nextToken: text({ min: 1, max: 2048 }) };

const tagCharacters = /^[\p{L}\p{N}\p{Z}_.:/=+\-@]*$/u;
export const tagKey: Constraint<string> = optional((key, path, report) => {
  if (key.length < 1 || key.length > 128) report({ name: path, message: "keys must have 1 to 128 characters" });
  else if (key.startsWith("aws:")) report({ name: path, message: `keys must not begin with \`aws:\`` });
  else if (!tagCharacters.test(key))
    report({ name: path, message: "keys may have letters, digits, spaces and _ . : / = + - @" });
});

/** Documented quota; the model's own bound is 200. */
export const maxTags = 50;

export const tags: Constraint<Readonly<Record<string, string>>> = optional((value, path, report) => {
  const entries = Object.entries(value);
  if (entries.length > maxTags)
    report({ name: path, message: `must have at most ${maxTags} tags, has ${entries.length}` });
  for (const [key, tagValue] of entries.slice(0, maxTags)) {
    tagKey.check(key, path, report);
    if (typeof tagValue !== "string" || tagValue.length > 256) {
      report({ name: `${path}.${key}`, message: "values must have at most 256 characters" });
    } else if (!tagCharacters.test(tagValue)) {
      report({ name: `${path}.${key}`, message: "values may have letters, digits, spaces and _ . : / = + - @" });
    }
  }
});

export const tagKeys: Required<readonly string[]> = required(list(tagKey, 1, 200));
