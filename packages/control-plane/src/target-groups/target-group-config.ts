import { type FieldError, invalidFields, type TargetGroupConfig, type TargetGroupType } from "@pergola/core";
import { oneOf, struct } from "../constraint.ts";
import { port, vpcId } from "../field-constraints.ts";
import { resolveHealthCheck } from "./health-check-config.ts";
import { healthCheckMembers } from "./health-check-members.ts";

/** A target group's configuration as it is sent, whatever the type. */
export const configMembers = struct({
  port,
  protocol: oneOf("HTTP", "HTTPS", "TCP"),
  protocolVersion: oneOf("HTTP1", "HTTP2", "GRPC"),
  ipAddressType: oneOf("IPV4", "IPV6"),
  vpcIdentifier: vpcId,
  lambdaEventStructureVersion: oneOf("V1", "V2"),
  healthCheck: healthCheckMembers,
});

type Member = keyof TargetGroupConfig;
/** The configuration as sent: its health check may lack any member. */
export type ConfigInput = Omit<TargetGroupConfig, "healthCheck"> & {
  readonly healthCheck?: Partial<NonNullable<TargetGroupConfig["healthCheck"]>>;
};

/** Which members a type has. Source: VPC Lattice user guide, target groups, read 2026-11. */
const membersOf: Record<TargetGroupType, readonly Member[]> = {
  INSTANCE: ["port", "protocol", "protocolVersion", "vpcIdentifier", "healthCheck"],
  IP: ["port", "protocol", "protocolVersion", "vpcIdentifier", "ipAddressType", "healthCheck"],
  ALB: ["port", "protocol", "protocolVersion", "vpcIdentifier"],
  LAMBDA: ["lambdaEventStructureVersion"],
};

/**
 * Checks a new target group's configuration against its type and fills in the defaults.
 * @returns the configuration as the API echoes it; undefined for a LAMBDA group without one
 * @throws LatticeError ValidationException that names every member that is missing or does not belong to the type
 */
export function resolveConfig(type: TargetGroupType, given: ConfigInput | undefined): TargetGroupConfig | undefined {
  const faults: FieldError[] = [];
  const report = (error: FieldError): void => void faults.push(error);
  const config = given ?? {};
  for (const name of Object.keys(config) as Member[]) {
    if (config[name] !== undefined && !membersOf[type].includes(name)) {
      report({ name: `config.${name}`, message: `is not allowed for a target group of type ${type}` });
    }
  }
  const resolved = type === "LAMBDA" ? config : resolveVpcConfig(type, config, report);
  if (faults.length > 0) throw invalidFields(faults);
  return Object.keys(resolved).length === 0 ? undefined : (resolved as TargetGroupConfig);
}

function resolveVpcConfig(
  type: Exclude<TargetGroupType, "LAMBDA">,
  config: ConfigInput,
  report: (error: FieldError) => void,
): TargetGroupConfig {
  for (const name of ["protocol", "vpcIdentifier"] as const) {
    if (config[name] === undefined) {
      report({ name: `config.${name}`, message: `is required for a target group of type ${type}` });
    }
  }
  const { healthCheck = {}, ...rest } = config;
  const resolved = {
    ...rest,
    ...portOf(config, report),
    ...versionOf(type, config, report),
    ...(type === "IP" ? { ipAddressType: config.ipAddressType ?? "IPV4" } : {}),
  };
  if (type === "ALB") return resolved;
  return { ...resolved, healthCheck: resolveHealthCheck(resolved, healthCheck, "config.healthCheck", report) };
}

function portOf(
  { port: given, protocol }: ConfigInput,
  report: (error: FieldError) => void,
): Pick<TargetGroupConfig, "port"> {
  if (given !== undefined) return { port: given };
  if (protocol === "TCP") report({ name: "config.port", message: "is required with the protocol TCP" });
  if (protocol === "HTTP") return { port: 80 };
  return protocol === "HTTPS" ? { port: 443 } : {};
}

function versionOf(
  type: TargetGroupType,
  { protocol, protocolVersion }: ConfigInput,
  report: (error: FieldError) => void,
): Pick<TargetGroupConfig, "protocolVersion"> {
  const name = "config.protocolVersion";
  if (protocol === "TCP") {
    if (protocolVersion !== undefined) report({ name, message: "is not allowed with the protocol TCP" });
    return {};
  }
  if (type === "ALB" && protocolVersion !== undefined && protocolVersion !== "HTTP1") {
    report({ name, message: "must be HTTP1 for a target group of type ALB" });
  }
  return { protocolVersion: protocolVersion ?? "HTTP1" };
}
