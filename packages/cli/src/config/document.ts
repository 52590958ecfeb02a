import type { Shape } from "./shape.ts";

/** Version of the format, the member `pergola` of a file. */
export const formatVersion = 1;

export type Json = Readonly<Record<string, unknown>>;
export type Tags = Readonly<Record<string, string>>;

/** What a rule or listener does: target groups by name, or a fixed status. */
export type ActionEntry =
  | { readonly forward: readonly { readonly targetGroup: string; readonly weight?: number }[] }
  | { readonly fixedResponse: number };

export interface RuleEntry {
  readonly priority: number;
  readonly match: Json;
  readonly action: ActionEntry;
  readonly tags?: Tags;
}

export interface ListenerEntry {
  readonly protocol: string;
  readonly port?: number;
  readonly defaultAction: ActionEntry;
  readonly rules?: Readonly<Record<string, RuleEntry>>;
  readonly tags?: Tags;
}

export interface AccessLogEntry {
  readonly destination: string;
  /** On a service network: SERVICE (default) or RESOURCE. */
  readonly type?: string;
  readonly tags?: Tags;
}

/** What services, service networks and resource configurations have in common. */
export interface SharedEntry {
  readonly authPolicy?: Json;
  readonly resourcePolicy?: Json;
  readonly accessLogs?: readonly AccessLogEntry[];
  readonly tags?: Tags;
}

export interface ServiceEntry extends SharedEntry {
  readonly authType?: string;
  readonly idleTimeoutSeconds?: number;
  readonly customDomainName?: string;
  readonly certificateArn?: string;
  readonly listeners?: Readonly<Record<string, ListenerEntry>>;
}

export interface TargetGroupEntry {
  readonly type: string;
  readonly config?: Json;
  readonly targets?: readonly { readonly id: string; readonly port?: number }[];
  readonly tags?: Tags;
}

export interface ServiceNetworkEntry extends SharedEntry {
  readonly authType?: string;
  readonly sharing?: boolean;
  readonly services?: Readonly<Record<string, { readonly tags?: Tags }>>;
  readonly vpcs?: Readonly<Record<string, Json & { readonly tags?: Tags }>>;
  readonly resources?: Readonly<Record<string, { readonly privateDnsEnabled?: boolean; readonly tags?: Tags }>>;
}

/** A configuration file: everything of an account in a region, by name. */
export interface ConfigurationDocument {
  readonly pergola: number;
  readonly domainVerifications?: Readonly<Record<string, { readonly tags?: Tags }>>;
  readonly targetGroups?: Readonly<Record<string, TargetGroupEntry>>;
  readonly resourceGateways?: Readonly<Record<string, Json & { readonly tags?: Tags }>>;
  readonly resourceConfigurations?: Readonly<Record<string, Json & SharedEntry>>;
  readonly services?: Readonly<Record<string, ServiceEntry>>;
  readonly serviceNetworks?: Readonly<Record<string, ServiceNetworkEntry>>;
}

const tags: Shape = { map: "string" };
const strings: Shape = { list: "string" };
const forward: Shape = {
  list: { members: { targetGroup: "string", weight: "number" }, needs: ["targetGroup"] },
};
const action: Shape = { members: { forward, fixedResponse: "number" } };
const accessLogs: Shape = {
  list: { members: { destination: "string", type: "string", tags }, needs: ["destination"] },
};
const matchKinds: Shape = { members: { exact: "string", prefix: "string", contains: "string" } };
const headerMatch: Shape = {
  members: { name: "string", match: matchKinds, caseSensitive: "boolean" },
  needs: ["name", "match"],
};
const match: Shape = {
  members: {
    method: "string",
    pathMatch: { members: { match: matchKinds, caseSensitive: "boolean" }, needs: ["match"] },
    headerMatches: { list: headerMatch },
  },
};
const rule: Shape = {
  members: { priority: "number", match, action, tags },
  needs: ["priority", "match", "action"],
};
const listener: Shape = {
  members: { protocol: "string", port: "number", defaultAction: action, rules: { map: rule }, tags },
  needs: ["protocol", "defaultAction"],
};
const service: Shape = {
  members: {
    authType: "string",
    idleTimeoutSeconds: "number",
    customDomainName: "string",
    certificateArn: "string",
    authPolicy: "object",
    resourcePolicy: "object",
    accessLogs,
    listeners: { map: listener },
    tags,
  },
};
const targetGroup: Shape = {
  members: {
    type: "string",
    config: "object",
    targets: { list: { members: { id: "string", port: "number" }, needs: ["id"] } },
    tags,
  },
  needs: ["type"],
};
const vpc: Shape = {
  members: { securityGroupIds: strings, privateDnsEnabled: "boolean", dnsOptions: "object", tags },
};
const serviceNetwork: Shape = {
  members: {
    authType: "string",
    sharing: "boolean",
    authPolicy: "object",
    resourcePolicy: "object",
    accessLogs,
    services: { map: { members: { tags } } },
    vpcs: { map: vpc },
    resources: { map: { members: { privateDnsEnabled: "boolean", tags } } },
    tags,
  },
};
const resourceGateway: Shape = {
  members: {
    vpc: "string",
    subnetIds: strings,
    securityGroupIds: strings,
    ipAddressType: "string",
    ipv4AddressesPerEni: "number",
    resourceConfigDnsResolution: "string",
    tags,
  },
  needs: ["vpc", "subnetIds"],
};
const resourceConfiguration: Shape = {
  members: {
    type: "string",
    gateway: "string",
    group: "string",
    domainVerification: "string",
    protocol: "string",
    customDomainName: "string",
    groupDomain: "string",
    portRanges: strings,
    definition: "object",
    allowAssociationToShareableServiceNetwork: "boolean",
    resourcePolicy: "object",
    accessLogs,
    tags,
  },
  needs: ["type"],
};

export const documentShape: Shape = {
  members: {
    pergola: "number",
    domainVerifications: { map: { members: { tags } } },
    targetGroups: { map: targetGroup },
    resourceGateways: { map: resourceGateway },
    resourceConfigurations: { map: resourceConfiguration },
    services: { map: service },
    serviceNetworks: { map: serviceNetwork },
  },
  needs: ["pergola"],
};
