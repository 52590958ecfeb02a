import { expect, it } from "vitest";
import { type Cloud, refusalOf, untilDone } from "./cloud.ts";
import { upsertNetwork } from "./networks.ts";
import {
  type AccessLogPolicy,
  createAccessLog,
  deleteAccessLog,
  deleteAuthPolicy,
  type PolicyTarget,
  putAuthPolicy,
  updateAccessLog,
} from "./policies.ts";
import { httpRoute, newCluster, runOf, type Scene } from "./scene.ts";
import { upsertService } from "./services.ts";
import { ownerTags, tagKeys, tagsOf } from "./tags.ts";

const policy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: "*" }],
});

async function networkAndService(cloud: Cloud): Promise<PolicyTarget[]> {
  const network = await upsertNetwork(cloud, `mesh-${runOf(cloud)}`);
  const service = await untilDone(() => upsertService(cloud, httpRoute(cloud)));
  return [
    { kind: "network", id: network.id },
    { kind: "service", id: service.id },
  ];
}

export function describeAuthPolicies(scene: () => Scene): void {
  it("is in force once it is put and the auth type is AWS_IAM, and gone once that is NONE and it is deleted", async () => {
    const cloud = newCluster(scene());
    for (const target of await networkAndService(cloud)) {
      const read = () => cloud.call("GetAuthPolicy", { resourceIdentifier: target.id });
      await putAuthPolicy(cloud, target, policy);
      await putAuthPolicy(cloud, target, policy);
      const put = await read();

      await deleteAuthPolicy(cloud, target);

      expect(put).toMatchObject({ policy, state: "Active" });
      expect(await read()).toEqual({});
      await deleteAuthPolicy(cloud, target);
    }
  });

  it("of a service or network that is gone is gone too", async () => {
    const cloud = newCluster(scene());

    await deleteAuthPolicy(cloud, { kind: "service", id: "svc-00000000000000000" });
    await deleteAuthPolicy(cloud, { kind: "network", id: "sn-00000000000000000" });
  });
}

const bucket = (name: string): string => `arn:aws:s3:::logs-${name}`;
const logGroup = (name: string): string => `arn:aws:logs:us-west-2:123456789012:log-group:${name}:*`;

/** @returns a policy of this name for a network of the cluster */
async function policyOf(cloud: Cloud, name: string, destinationArn: string): Promise<AccessLogPolicy> {
  const { arn } = await upsertNetwork(cloud, `mesh-${runOf(cloud)}`);
  return { name, resourceArn: arn, destinationArn };
}

export function describeAccessLogPolicies(scene: () => Scene): void {
  it("becomes a subscription with the destination as it was sent, which its deletion ends", async () => {
    const cloud = newCluster(scene());
    const logs = await policyOf(cloud, "default/logs", logGroup("/mesh"));

    const arn = await createAccessLog(cloud, { ...logs, tags: { team: "ops" } });
    const made = await cloud.call("GetAccessLogSubscription", { accessLogSubscriptionIdentifier: arn });
    await deleteAccessLog(cloud, arn);
    await deleteAccessLog(cloud, arn);

    expect(made).toMatchObject({ resourceArn: logs.resourceArn, destinationArn: logs.destinationArn });
    const read = await refusalOf(cloud.call("GetAccessLogSubscription", { accessLogSubscriptionIdentifier: arn }));
    expect(read?.is("ResourceNotFoundException")).toBe(true);
  });

  it("that conflicts with its own subscription takes that, with another's it is refused", async () => {
    const cloud = newCluster(scene());
    const logs = await policyOf(cloud, "default/logs", bucket("logs"));
    const arn = await createAccessLog(cloud, logs);

    expect(await createAccessLog(cloud, logs)).toBe(arn);
    await expect(createAccessLog(cloud, { ...logs, name: "default/rival" })).rejects.toMatchObject({
      reason: "Conflicted",
    });
    await expect(createAccessLog(cloud, { ...logs, destinationArn: bucket("others") })).rejects.toMatchObject({
      reason: "Conflicted",
    });
    expect(await tagsOf(cloud, arn)).toEqual({ ...ownerTags(cloud), [tagKeys.accessLogPolicy]: "default/logs" });
  });

  it("follows a new destination of its kind in place, and is replaced for one of another kind", async () => {
    const cloud = newCluster(scene());
    const logs = await policyOf(cloud, "default/logs", bucket("one"));
    const arn = await createAccessLog(cloud, logs);

    const moved = await updateAccessLog(cloud, { ...logs, destinationArn: bucket("two"), tags: { team: "ops" } }, arn);
    const replaced = await updateAccessLog(cloud, { ...logs, destinationArn: logGroup("/mesh") }, moved);

    expect(moved).toBe(arn);
    expect(replaced).not.toBe(arn);
    const left = await cloud.all("ListAccessLogSubscriptions", { resourceIdentifier: logs.resourceArn });
    expect(left).toMatchObject([{ arn: replaced, destinationArn: logGroup("/mesh") }]);
  });

  it("moves with its target, and comes back when its subscription was deleted", async () => {
    const cloud = newCluster(scene());
    const logs = await policyOf(cloud, "default/logs", bucket("one"));
    const service = await untilDone(() => upsertService(cloud, httpRoute(cloud)));
    const arn = await createAccessLog(cloud, logs);

    const moved = await updateAccessLog(cloud, { ...logs, resourceArn: service.arn }, arn);
    await deleteAccessLog(cloud, moved);
    const again = await updateAccessLog(cloud, { ...logs, resourceArn: service.arn }, moved);

    expect(new Set([arn, moved, again]).size).toBe(3);
    expect(await cloud.all("ListAccessLogSubscriptions", { resourceIdentifier: logs.resourceArn })).toEqual([]);
    const left = await cloud.all("ListAccessLogSubscriptions", { resourceIdentifier: service.arn });
    expect(left).toMatchObject([{ arn: again, resourceId: service.id }]);
  });

  it("is told that its target is gone by the types SERVICE and SERVICE_NETWORK, and that it may not", async () => {
    const cloud = newCluster(scene());
    const other = newCluster(scene(), { caller: "other" });
    const logs = await policyOf(cloud, "default/logs", bucket("one"));
    const arnOf = (suffix: string): string => `arn:aws:vpc-lattice:us-west-2:${cloud.cluster.account}:${suffix}`;

    for (const gone of ["service/svc-00000000000000000", "servicenetwork/sn-00000000000000000"]) {
      const attached = createAccessLog(cloud, { ...logs, resourceArn: arnOf(gone) });
      await expect(attached).rejects.toMatchObject({ reason: "TargetNotFound" });
    }
    await expect(createAccessLog(other, logs)).rejects.toMatchObject({ reason: "Invalid" });
  });
}
