import type { Answer, RawRequest } from "./raw-client.ts";

/** What earlier operations made, in order; the nth request of each operation is about the nth. */
export interface Made {
  readonly services: Resource[];
  readonly networks: Resource[];
  readonly groups: Resource[];
  readonly listeners: Resource[];
  readonly serviceAssociations: Resource[];
  readonly subscriptions: Resource[];
}

export interface Resource {
  readonly id: string;
  readonly arn: string;
}

/** One operation that Pergola and moto both have. */
export interface SharedOperation {
  readonly name: string;
  request(index: number, made: Made): RawRequest;
  /** Keeps what was made for the operations after it. */
  keep?(index: number, made: Made, resource: Resource): void;
  /** What the answer's JSON must have, where its status is not enough. */
  readonly has?: string;
}

const at = (resources: readonly Resource[], index: number): Resource => {
  const found = resources[index];
  if (found === undefined) throw new Error(`nothing was made as number ${index}`);
  return found;
};
const get = (path: string): RawRequest => ({ method: "GET", path });
const remove = (path: string): RawRequest => ({ method: "DELETE", path });
const post = (path: string, body: object): RawRequest => ({ method: "POST", path, body });
const put = (path: string, body: object): RawRequest => ({ method: "PUT", path, body });
const keepIn =
  (kind: keyof Made) =>
  (index: number, made: Made, resource: Resource): void => {
    made[kind][index] = resource;
  };

const policy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: "*" }],
});
const sharing = (arn: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: "999900001111" },
        Action: ["vpc-lattice:CreateServiceNetworkServiceAssociation", "vpc-lattice:GetService"],
        Resource: arn,
      },
    ],
  });
const notFound = { fixedResponse: { statusCode: 404 } };
const tags = { team: "shop", stage: "production" };
const listenersOf = (made: Made, index: number): string => `/services/${at(made.services, index).id}/listeners`;

/** In an order in which each finds what it needs. */
export const sharedOperations: readonly SharedOperation[] = [
  {
    name: "CreateService",
    request: (i) => post("/services", { name: `service-${i}`, tags }),
    keep: keepIn("services"),
  },
  { name: "GetService", request: (i, { services }) => get(`/services/${at(services, i).id}`), has: "dnsEntry" },
  { name: "ListServices", request: () => get("/services?maxResults=50"), has: "items" },
  {
    name: "CreateServiceNetwork",
    request: (i) => post("/servicenetworks", { name: `network-${i}` }),
    keep: keepIn("networks"),
  },
  {
    name: "GetServiceNetwork",
    request: (i, { networks }) => get(`/servicenetworks/${at(networks, i).id}`),
    has: "arn",
  },
  { name: "ListServiceNetworks", request: () => get("/servicenetworks?maxResults=50"), has: "items" },
  {
    name: "CreateTargetGroup",
    request: (i) =>
      post("/targetgroups", {
        name: `group-${i}`,
        type: "IP",
        config: { port: 80, protocol: "HTTP", vpcIdentifier: "vpc-0123456789abcdef0" },
      }),
    keep: keepIn("groups"),
  },
  { name: "GetTargetGroup", request: (i, { groups }) => get(`/targetgroups/${at(groups, i).id}`), has: "config" },
  { name: "ListTargetGroups", request: () => get("/targetgroups?maxResults=50"), has: "items" },
  {
    name: "CreateListener",
    request: (i, made) =>
      post(listenersOf(made, i), { name: "web", protocol: "HTTP", port: 80, defaultAction: notFound }),
    keep: keepIn("listeners"),
  },
  {
    name: "GetListener",
    request: (i, made) => get(`${listenersOf(made, i)}/${at(made.listeners, i).id}`),
    has: "defaultAction",
  },
  { name: "ListListeners", request: (i, made) => get(`${listenersOf(made, i)}?maxResults=50`), has: "items" },
  {
    name: "CreateRule",
    request: (i, made) =>
      post(`${listenersOf(made, i)}/${at(made.listeners, i).id}/rules`, {
        name: "route",
        priority: 10,
        match: { httpMatch: { pathMatch: { match: { prefix: "/api" } } } },
        action: { forward: { targetGroups: [{ targetGroupIdentifier: at(made.groups, i).id, weight: 1 }] } },
      }),
    has: "match",
  },
  {
    name: "CreateServiceNetworkServiceAssociation",
    request: (i, { services, networks }) =>
      post("/servicenetworkserviceassociations", {
        serviceIdentifier: at(services, i).id,
        serviceNetworkIdentifier: at(networks, i).id,
      }),
    keep: keepIn("serviceAssociations"),
  },
  {
    name: "GetServiceNetworkServiceAssociation",
    request: (i, made) => get(`/servicenetworkserviceassociations/${at(made.serviceAssociations, i).id}`),
    has: "status",
  },
  {
    name: "ListServiceNetworkServiceAssociations",
    request: (i, { services }) =>
      get(`/servicenetworkserviceassociations?serviceIdentifier=${at(services, i).id}&maxResults=50`),
    has: "items",
  },
  {
    name: "CreateServiceNetworkVpcAssociation",
    request: (i, { networks }) =>
      post("/servicenetworkvpcassociations", {
        serviceNetworkIdentifier: at(networks, i).id,
        vpcIdentifier: `vpc-${String(i).padStart(17, "0")}`,
      }),
    has: "status",
  },
  {
    name: "ListServiceNetworkVpcAssociations",
    request: (i, { networks }) =>
      get(`/servicenetworkvpcassociations?serviceNetworkIdentifier=${at(networks, i).id}&maxResults=50`),
    has: "items",
  },
  {
    name: "TagResource",
    request: (i, { services }) => post(`/tags/${encodeURIComponent(at(services, i).arn)}`, { tags: { owner: "web" } }),
  },
  {
    name: "ListTagsForResource",
    request: (i, { services }) => get(`/tags/${encodeURIComponent(at(services, i).arn)}`),
    has: "tags",
  },
  {
    name: "UntagResource",
    request: (i, { services }) => remove(`/tags/${encodeURIComponent(at(services, i).arn)}?tagKeys=owner`),
  },
  {
    name: "PutAuthPolicy",
    request: (i, { services }) => put(`/authpolicy/${at(services, i).id}`, { policy }),
    has: "policy",
  },
  { name: "GetAuthPolicy", request: (i, { services }) => get(`/authpolicy/${at(services, i).id}`), has: "policy" },
  { name: "DeleteAuthPolicy", request: (i, { services }) => remove(`/authpolicy/${at(services, i).id}`) },
  {
    name: "PutResourcePolicy",
    request: (i, { services }) =>
      put(`/resourcepolicy/${encodeURIComponent(at(services, i).arn)}`, { policy: sharing(at(services, i).arn) }),
  },
  {
    name: "GetResourcePolicy",
    request: (i, { services }) => get(`/resourcepolicy/${encodeURIComponent(at(services, i).arn)}`),
    has: "policy",
  },
  {
    name: "DeleteResourcePolicy",
    request: (i, { services }) => remove(`/resourcepolicy/${encodeURIComponent(at(services, i).arn)}`),
  },
  {
    name: "CreateAccessLogSubscription",
    request: (i, { services }) =>
      post("/accesslogsubscriptions", {
        resourceIdentifier: at(services, i).id,
        destinationArn: "arn:aws:s3:::access-logs",
      }),
    keep: keepIn("subscriptions"),
  },
  {
    name: "GetAccessLogSubscription",
    request: (i, { subscriptions }) => get(`/accesslogsubscriptions/${at(subscriptions, i).id}`),
    has: "destinationArn",
  },
  {
    name: "ListAccessLogSubscriptions",
    request: (i, { services }) => get(`/accesslogsubscriptions?resourceIdentifier=${at(services, i).id}&maxResults=50`),
    has: "items",
  },
  {
    name: "UpdateAccessLogSubscription",
    request: (i, { subscriptions }) => ({
      method: "PATCH",
      path: `/accesslogsubscriptions/${at(subscriptions, i).id}`,
      body: { destinationArn: "arn:aws:s3:::other-logs" },
    }),
    has: "destinationArn",
  },
  {
    name: "DeleteAccessLogSubscription",
    request: (i, { subscriptions }) => remove(`/accesslogsubscriptions/${at(subscriptions, i).id}`),
  },
];

/** @throws Error for an answer that is not what was asked for, so that no refusal is timed as a success */
export function check({ name, has }: SharedOperation, { status, body }: Answer): void {
  if (status < 200 || status > 204) throw new Error(`${name} is answered ${status}: ${body.slice(0, 300)}`);
  if (has !== undefined && (JSON.parse(body) as Record<string, unknown>)[has] === undefined) {
    throw new Error(`${name} is answered without \`${has}\`: ${body.slice(0, 300)}`);
  }
}
