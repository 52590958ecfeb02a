import { DescribeSubnetsCommand, EC2Client, RunInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { CreateLoadBalancerCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { type AwsTargetDirectory, createAwsTargetDirectory } from "@pergola/aws";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { connection, motoUrl } from "./moto.ts";

const waiting = { timeout: 20_000, interval: 20 };
const instance = (id: string) => ({ type: "INSTANCE", id }) as const;
const alb = (id: string) => ({ type: "ALB", id }) as const;

describe.skipIf(motoUrl === undefined)("the target directory on AWS", () => {
  let proxy: FaultProxy;
  let directory: AwsTargetDirectory;
  let now = Date.now();
  const warnings: string[] = [];
  const ec2 = new EC2Client(connection());
  const launch = async (count: number) => {
    const command = new RunInstancesCommand({ ImageId: "ami-12c6146b", MinCount: count, MaxCount: count });
    const { Instances = [] } = await ec2.send(command);
    return Instances.map(({ InstanceId: id = "", PrivateIpAddress: address }) => ({ id, address }));
  };
  beforeEach(async () => {
    proxy = await startFaultProxy(motoUrl ?? "");
    warnings.length = 0;
    directory = createAwsTargetDirectory({
      connection: connection(proxy.url),
      clock: { now: () => new Date(now) },
      logger: { warn: (message) => void warnings.push(message) },
    });
  });
  afterEach(async () => {
    await directory.close();
    await proxy.close();
  });

  it("knows the private addresses of instances that were resolved, by one request for all", async () => {
    const instances = await launch(5);

    await directory.resolve(instances.map(({ id }) => instance(id)));

    expect(instances.map(({ id }) => directory.addressOf(instance(id)))).toEqual(
      instances.map(({ address }) => address),
    );
    expect(proxy.calls).toHaveLength(1);
  });

  it("looks up in the background what it is asked for and does not know", async () => {
    const [one] = await launch(1);
    const target = instance(one?.id ?? "");

    expect(directory.addressOf(target)).toBeUndefined();

    await vi.waitFor(() => expect(directory.addressOf(target)).toBe(one?.address), waiting);
  });

  it("does not ask again for what is not there, until a while later", async () => {
    const missing = instance("i-0123456789abcdef0");
    await directory.resolve([missing]);
    await directory.resolve([missing]);
    expect(directory.addressOf(missing)).toBeUndefined();
    expect(proxy.calls).toHaveLength(1);

    now += 11_000;
    await directory.resolve([missing]);

    expect(proxy.calls).toHaveLength(2);
  });

  it("serves a stale address while it looks for a newer one, and forgets an instance that has ended", async () => {
    const [one] = await launch(1);
    const target = instance(one?.id ?? "");
    await directory.resolve([target]);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [target.id] }));
    now += 61_000;

    expect(directory.addressOf(target)).toBe(one?.address);

    await vi.waitFor(() => expect(directory.addressOf(target)).toBeUndefined(), waiting);
  });

  it("keeps what it knows while EC2 is away, and says so", async () => {
    const [one] = await launch(1);
    const target = instance(one?.id ?? "");
    await directory.resolve([target]);
    proxy.faults = () => ({ kind: "answer", status: 503, body: "" });
    now += 61_000;

    await expect(directory.resolve([target])).rejects.toThrow();

    expect(directory.addressOf(target)).toBe(one?.address);
    expect(warnings).toEqual(["addresses of targets could not be looked up"]);
  });

  it("knows the names of load balancers, also with unknown ones among them", async () => {
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const elb = new ElasticLoadBalancingV2Client(connection());
    const names: string[] = [];
    const arns: string[] = [];
    for (const name of ["one", "two"]) {
      const { LoadBalancers = [] } = await elb.send(
        new CreateLoadBalancerCommand({
          Name: `${name}-${now}`,
          Scheme: "internal",
          Subnets: Subnets.slice(0, 2).map((subnet) => subnet.SubnetId ?? ""),
        }),
      );
      names.push(LoadBalancers[0]?.DNSName ?? "");
      arns.push(LoadBalancers[0]?.LoadBalancerArn ?? "");
    }
    elb.destroy();
    const unknown = `${arns[0]}0`;

    await directory.resolve([alb(arns[0] ?? ""), alb(unknown), alb(arns[1] ?? "")]);

    expect(arns.map((arn) => directory.addressOf(alb(arn)))).toEqual(names);
    expect(names[0]).not.toBe("");
    expect(directory.addressOf(alb(unknown))).toBeUndefined();
  });

  it("asks nothing more once it is closed", async () => {
    await directory.close();

    expect(directory.addressOf(instance("i-0123456789abcdef0"))).toBeUndefined();
    await expect(directory.resolve([instance("i-0123456789abcdef0")])).rejects.toThrow("closed");
    expect(proxy.calls).toEqual([]);
  });
});
