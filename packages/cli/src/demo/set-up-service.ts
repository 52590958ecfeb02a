import {
  CreateAccessLogSubscriptionCommand,
  CreateListenerCommand,
  CreateRuleCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  GetAuthPolicyCommand,
  GetServiceCommand,
  PutAuthPolicyCommand,
  paginateListAccessLogSubscriptions,
  paginateListListeners,
  paginateListRules,
  paginateListServices,
  ResourceNotFoundException,
  type VPCLatticeClient,
} from "@aws-sdk/client-vpc-lattice";
import type { DemoOptions } from "./set-up-demo.ts";
import { findInPages, sent, step, untilActive } from "./step.ts";

interface Options extends DemoOptions {
  readonly instanceTargetGroupId: string;
  readonly functionTargetGroupId: string;
  readonly logGroupArn: string;
}

/** Lets in whoever proves an IAM identity, and whoever proves none. */
const policy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "Authenticated",
      Effect: "Allow",
      Principal: "*",
      Action: "vpc-lattice-svcs:Invoke",
      Resource: "*",
      Condition: { StringNotEquals: { "aws:PrincipalType": "Anonymous" } },
    },
    {
      Sid: "Anonymous",
      Effect: "Allow",
      Principal: "*",
      Action: "vpc-lattice-svcs:Invoke",
      Resource: "*",
      Condition: { StringEquals: { "aws:PrincipalType": "Anonymous" } },
    },
  ],
});

/** Makes the service with its policy, access log, listener and rules. */
export async function setUpService(client: VPCLatticeClient, options: Options) {
  const { instanceTargetGroupId, functionTargetGroupId } = options;
  const service = await createService(client, options);
  const { serviceId } = service;
  await putPolicy(client, options, serviceId);
  await logTo(client, options, serviceId, options.logGroupArn);
  const listenerId = await createListener(client, options, serviceId);
  const at = { serviceIdentifier: serviceId, listenerIdentifier: listenerId };
  await createRule(
    client,
    options,
    { ...at, name: "to-instance", priority: 10 },
    "/to-instance",
    instanceTargetGroupId,
  );
  await createRule(
    client,
    options,
    { ...at, name: "to-function", priority: 20 },
    "/to-function",
    functionTargetGroupId,
  );
  return { ...service, listenerId };
}

async function createService(client: VPCLatticeClient, { onStep }: Options) {
  const input: CreateServiceCommandInput = { name: "my-service", authType: "AWS_IAM" };
  const { id } = await step(onStep, {
    title: "service my-service",
    operation: "CreateService",
    input,
    find: () =>
      findInPages(
        paginateListServices({ client }, {}),
        ({ items }) => items,
        ({ name }) => name === input.name,
      ),
    make: (wanted) => client.send(new CreateServiceCommand(wanted)),
  });
  const serviceId = sent(id, "id");
  const read = () => client.send(new GetServiceCommand({ serviceIdentifier: serviceId }));
  await untilActive("service my-service", async () => (await read()).status);
  const { arn, dnsEntry } = await read();
  return { serviceId, serviceArn: sent(arn, "arn"), domainName: sent(dnsEntry?.domainName, "dnsEntry.domainName") };
}

async function putPolicy(client: VPCLatticeClient, { onStep }: Options, resourceIdentifier: string): Promise<void> {
  await step(onStep, {
    title: "auth policy of my-service",
    operation: "PutAuthPolicy",
    input: { resourceIdentifier, policy },
    find: async () => {
      try {
        return (await client.send(new GetAuthPolicyCommand({ resourceIdentifier }))).policy;
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    },
    make: async (input) => sent((await client.send(new PutAuthPolicyCommand(input))).policy, "policy"),
  });
}

/** Sends the access log of a service or network to a destination. */
export async function logTo(
  client: VPCLatticeClient,
  { onStep }: Pick<DemoOptions, "onStep">,
  resourceIdentifier: string,
  destinationArn: string,
): Promise<void> {
  await step<{ resourceIdentifier: string; destinationArn: string }, unknown>(onStep, {
    title: `access log to ${destinationArn}`,
    operation: "CreateAccessLogSubscription",
    input: { resourceIdentifier, destinationArn },
    find: () =>
      findInPages(
        paginateListAccessLogSubscriptions({ client }, { resourceIdentifier }),
        ({ items }) => items,
        (subscription) => subscription.destinationArn?.startsWith(destinationArn) ?? false,
      ),
    make: (input) => client.send(new CreateAccessLogSubscriptionCommand(input)),
  });
}

async function createListener(client: VPCLatticeClient, options: Options, serviceIdentifier: string): Promise<string> {
  const { instanceTargetGroupId, functionTargetGroupId, onStep } = options;
  const targetGroups = [
    { targetGroupIdentifier: instanceTargetGroupId, weight: 20 },
    { targetGroupIdentifier: functionTargetGroupId, weight: 10 },
  ];
  const { id } = await step<object, { id?: string | undefined }>(onStep, {
    title: "HTTPS listener 443, by weight 20:10 to the instance and the function",
    operation: "CreateListener",
    input: {
      serviceIdentifier,
      name: "https",
      protocol: "HTTPS",
      port: 443,
      defaultAction: { forward: { targetGroups } },
    },
    find: () =>
      findInPages(
        paginateListListeners({ client }, { serviceIdentifier }),
        ({ items }) => items,
        ({ port }) => port === 443,
      ),
    make: () =>
      client.send(
        new CreateListenerCommand({
          serviceIdentifier,
          name: "https",
          protocol: "HTTPS",
          port: 443,
          defaultAction: { forward: { targetGroups } },
        }),
      ),
  });
  return sent(id, "id");
}

async function createRule(
  client: VPCLatticeClient,
  { onStep }: Options,
  at: { serviceIdentifier: string; listenerIdentifier: string; name: string; priority: number },
  path: string,
  targetGroupIdentifier: string,
): Promise<void> {
  const { serviceIdentifier, listenerIdentifier, name, priority } = at;
  await step(onStep, {
    title: `rule ${priority}: ${path}`,
    operation: "CreateRule",
    input: {
      ...at,
      match: { httpMatch: { pathMatch: { match: { exact: path } } } },
      action: { forward: { targetGroups: [{ targetGroupIdentifier, weight: 1 }] } },
    },
    find: () =>
      findInPages(
        paginateListRules({ client }, { serviceIdentifier, listenerIdentifier }),
        ({ items }) => items,
        (rule) => rule.name === name || rule.priority === priority,
      ),
    make: (input) => client.send(new CreateRuleCommand(input)),
  });
}
