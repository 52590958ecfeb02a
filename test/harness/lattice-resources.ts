import type {
  CreateListenerCommandInput,
  CreateRuleCommandInput,
  CreateServiceCommandInput,
  CreateTargetGroupCommandInput,
  VPCLattice,
} from "@aws-sdk/client-vpc-lattice";
import { type ConfigStore, owners, type ServiceSnapshot } from "@pergola/core";

/** Fixed response 404: the shortest action there is. */
export const notFoundAction = { fixedResponse: { statusCode: 404 } };
export const errorAction = { fixedResponse: { statusCode: 500 } };

let serial = 0;

/** @returns a name that no other resource of this run has */
export function freshName(prefix = "x"): string {
  serial += 1;
  return `${prefix}-${serial}`;
}

export interface Created {
  readonly id: string;
  readonly arn: string;
}

export function created({ id, arn }: { id?: string | undefined; arn?: string | undefined }): Created {
  if (id === undefined || arn === undefined) throw new Error("the create answered without id or arn");
  return { id, arn };
}

export async function newService(client: VPCLattice, input: Partial<CreateServiceCommandInput> = {}): Promise<Created> {
  return created(await client.createService({ name: freshName("service"), ...input }));
}

export async function newListener(
  client: VPCLattice,
  serviceIdentifier: string,
  input: Partial<CreateListenerCommandInput> = {},
): Promise<Created> {
  const defaults = { name: freshName("web"), protocol: "HTTP", defaultAction: notFoundAction } as const;
  return created(await client.createListener({ serviceIdentifier, ...defaults, ...input }));
}

/** @returns a rule's input that is good as it stands; give every rule of a listener a priority of its own */
export function ruleInput(
  serviceIdentifier: string,
  listenerIdentifier: string,
  input: Partial<CreateRuleCommandInput> = {},
): CreateRuleCommandInput {
  return {
    serviceIdentifier,
    listenerIdentifier,
    name: freshName("route"),
    priority: 1,
    match: { httpMatch: { pathMatch: { match: { prefix: "/" } } } },
    action: notFoundAction,
    ...input,
  };
}

export async function newRule(client: VPCLattice, ...parameters: Parameters<typeof ruleInput>): Promise<Created> {
  return created(await client.createRule(ruleInput(...parameters)));
}

/** @returns a target group; an HTTP group of IP addresses unless told otherwise */
export async function newTargetGroup(
  client: VPCLattice,
  input: Partial<CreateTargetGroupCommandInput> = {},
): Promise<Created> {
  const config = { protocol: "HTTP", port: 80, vpcIdentifier: "vpc-0123456789abcdef0" } as const;
  return created(await client.createTargetGroup({ name: freshName("group"), type: "IP", config, ...input }));
}

export function forwardTo(...targetGroupIdentifiers: readonly string[]): {
  forward: { targetGroups: { targetGroupIdentifier: string; weight: number }[] };
} {
  const targetGroups = targetGroupIdentifiers.map((targetGroupIdentifier) => ({ targetGroupIdentifier, weight: 100 }));
  return { forward: { targetGroups } };
}

/** @returns what a promise is rejected with; fails the test when it is not */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected an error, got none");
}

/** @returns what the data plane reads of a service */
export async function snapshotOf(store: ConfigStore, serviceId: string): Promise<ServiceSnapshot | undefined> {
  return (await store.get<ServiceSnapshot>({ owner: owners.serviceSnapshots, id: serviceId }))?.value;
}
