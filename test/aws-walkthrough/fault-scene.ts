import { onTestFinished, vi } from "vitest";
import { motoUrl, region } from "../aws/moto.ts";
import { account, type Deployment, openDeployment } from "./deployment.ts";
import { FaultInjector } from "./fault-injector.ts";
import { context, lambdaEnv, loadEntry, openApiEnvironment } from "./in-process.ts";
import { type Plan, Plans } from "./plans.ts";
import { readerArn, readerSession } from "./reader-session.ts";
import { type DeliveryHandler, RecordQueue } from "./record-queue.ts";
import { eventOf } from "./requests.ts";
import { type Answered, openRouterPool, type RouterPool } from "./router-pool.ts";
import { openShops, type Shops } from "./shops.ts";
import { startUnrulyTargets, type UnrulyTargets } from "./unruly-target.ts";

export const logGroup = "/pergola/faults";
export const logBucket = "faults-logs";
export const configurationTtlMs = 500;
/** Of each of the routers' three entries. */
const environments = 2;
const vpcId = "vpc-0aaa1111bbb2222cc";
const functionArn = `arn:aws:lambda:${region}:${account}:function:unruly`;

/** A deployment whose AWS fails as a test asks, with routers and the delivery of records in this process. */
export interface FaultScene {
  readonly deployment: Deployment;
  readonly targets: UnrulyTargets;
  readonly queue: RecordQueue;
  readonly shops: Shops;
  readonly faults: FaultInjector;
  readonly plans: Plans;
  /** Has routers answer, and keeps what they did. @param remainingMs until an invocation's timeout */
  send(plans: readonly Plan[], remainingMs?: number): Promise<Answered[]>;
  /** As `RouterPool.runOnEach`. */
  sendToEach: RouterPool["runOnEach"];
  /** All that was sent. */
  readonly answered: readonly Answered[];
  /** Has what the queue shows delivered once. */
  deliver(): Promise<void>;
  /** What the functions have written to their logs. */
  readonly log: readonly string[];
}

export async function openFaultScene(): Promise<FaultScene> {
  const targets = await startUnrulyTargets();
  const queue = new RecordQueue();
  const functions = { [functionArn]: targets.code };
  const aws = { motoUrl: motoUrl ?? "", functions, queue };
  const deployment = await openDeployment({ ...aws, name: "faults", logGroup, logBucket });
  // Nothing has failed yet: the API is not what is tried here.
  const api = await openApiEnvironment(deployment.env);
  onTestFinished(() => api.close());
  const { port, closedPort } = targets;
  const { instanceId, firehose } = deployment;
  const shops = await openShops(api.client, {
    ...{ vpcId, instanceId, port, closedPort, functionArn, readerArn },
    logGroupArn: `arn:aws:logs:${region}:${account}:log-group:${logGroup}:*`,
    logBucketArn: `arn:aws:s3:::${logBucket}`,
    firehoseArn: firehose.arn,
  });
  const plans = new Plans(20_261_125);
  const faults = new FaultInjector(() => plans.random());
  deployment.aws.faults = faults.faults;
  queue.refuses = faults.refuses;
  const log: string[] = [];
  const session = readerSession(deployment);
  const env = {
    ...deployment.env,
    PERGOLA_SOURCE_VPC: `${vpcId}/${account}`,
    PERGOLA_CONFIGURATION_TTL_MS: String(configurationTtlMs),
  };
  const pool = await openRouterPool(env, environments, (plan) => eventOf(plan, shops, session));
  const delivery = await openDelivery(deployment.env);
  const output = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    log.push(...String(text).trimEnd().split("\n"));
    return true;
  });
  onTestFinished(() => output.mockRestore());
  const answered: Answered[] = [];
  const send: FaultScene["send"] = async (some, remainingMs) => {
    const answers = await pool.run(some, remainingMs);
    answered.push(...answers);
    return answers;
  };
  const sendToEach: FaultScene["sendToEach"] = async (make) => {
    const answers = await pool.runOnEach(make);
    answered.push(...answers);
    return answers;
  };
  return {
    deployment,
    targets,
    queue,
    shops,
    faults,
    plans,
    send,
    sendToEach,
    answered,
    deliver: () => queue.deliver(delivery),
    log,
  };
}

async function openDelivery(env: Readonly<Record<string, string>>): Promise<DeliveryHandler> {
  const load = () => import("../../packages/lambda/src/log-delivery.ts");
  const { handler } = await loadEntry(load, { ...lambdaEnv, ...env });
  const run = handler as unknown as (event: object, context: object) => ReturnType<DeliveryHandler>;
  return (event) => run(event, context);
}
