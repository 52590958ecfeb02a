import {
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  DeregisterTargetsCommand,
  GetTargetGroupCommand,
  ListTargetsCommand,
  paginateListTargetGroups,
  RegisterTargetsCommand,
  type Target,
  type VPCLatticeClient,
} from "@aws-sdk/client-vpc-lattice";
import type { DemoOptions } from "./set-up-demo.ts";
import { findInPages, sent, step, untilActive } from "./step.ts";

type Options = DemoOptions & { readonly vpcIds: readonly string[] };

/** Makes the target group of the instance and that of the function, with exactly one target each. */
export async function setUpTargetGroups(client: VPCLatticeClient, options: Options) {
  const { instanceId, instancePort, functionArn, vpcIds } = options;
  const instanceTargetGroupId = await targetGroup(client, options, {
    name: "my-instances",
    type: "INSTANCE",
    config: { port: 80, protocol: "HTTP", vpcIdentifier: sent(vpcIds[0], "vpcIds") },
  });
  await target(client, options, instanceTargetGroupId, { id: instanceId, port: instancePort });
  const functionTargetGroupId = await targetGroup(client, options, { name: "my-function", type: "LAMBDA" });
  await target(client, options, functionTargetGroupId, { id: functionArn });
  return { instanceTargetGroupId, functionTargetGroupId };
}

async function targetGroup(
  client: VPCLatticeClient,
  { onStep }: Options,
  input: CreateTargetGroupCommandInput,
): Promise<string> {
  const { id } = await step(onStep, {
    title: `target group ${input.name}`,
    operation: "CreateTargetGroup",
    input,
    find: () =>
      findInPages(
        paginateListTargetGroups({ client }, {}),
        ({ items }) => items,
        ({ name }) => name === input.name,
      ),
    make: (wanted) => client.send(new CreateTargetGroupCommand(wanted)),
  });
  const targetGroupIdentifier = sent(id, "id");
  await untilActive(`target group ${input.name}`, async () => {
    return (await client.send(new GetTargetGroupCommand({ targetGroupIdentifier }))).status;
  });
  return targetGroupIdentifier;
}

async function target(client: VPCLatticeClient, { onStep }: Options, targetGroupIdentifier: string, wanted: Target) {
  const { items = [] } = await client.send(new ListTargetsCommand({ targetGroupIdentifier }));
  const registered = items.filter(({ status }) => status !== "DRAINING");
  const isWanted = ({ id, port }: { id?: string | undefined; port?: number | undefined }): boolean =>
    id === wanted.id && (wanted.port === undefined || port === wanted.port);
  await step(onStep, {
    title: `target ${wanted.id}`,
    operation: "RegisterTargets",
    input: { targetGroupIdentifier, targets: [wanted] },
    find: async () => registered.find(isWanted),
    make: async (input) => {
      const { unsuccessful = [] } = await client.send(new RegisterTargetsCommand(input));
      const [failure] = unsuccessful;
      if (failure !== undefined) throw new Error(`target ${wanted.id} was refused: ${failure.failureMessage}`);
      return wanted;
    },
  });
  // The instance's program has another port after each start.
  const former = registered.filter((one) => !isWanted(one)).map(({ id, port }) => ({ id: sent(id, "id"), port }));
  if (former.length > 0) await client.send(new DeregisterTargetsCommand({ targetGroupIdentifier, targets: former }));
}
