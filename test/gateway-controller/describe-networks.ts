import { expect, it } from "vitest";
import { type Cloud, Retry, refusalOf, untilDone } from "./cloud.ts";
import { associateVpc, disassociateVpc, findNetwork, upsertNetwork } from "./networks.ts";
import { newCluster, runOf, type Scene } from "./scene.ts";
import { ownerTags, tagsOf } from "./tags.ts";

/** Lets another account do something with a network. */
async function share(owner: Cloud, arn: string, account: string, actions: readonly string[]): Promise<void> {
  const statement = {
    Effect: "Allow",
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: actions.map((action) => `vpc-lattice:${action}`),
    Resource: arn,
  };
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await owner.call("PutResourcePolicy", { resourceArn: arn, policy });
}

export function describeNetworks(scene: () => Scene): void {
  it("is made for a gateway once, taken when it has no owner, and left alone when it has another", async () => {
    const [cloud, rival] = [newCluster(scene()), newCluster(scene())];
    const name = `mesh-${runOf(cloud)}`;
    const made = await upsertNetwork(cloud, name, { team: "a" });
    const { arn = "" } = await cloud.call("CreateServiceNetwork", { name: `bare-${runOf(cloud)}` });

    expect(await upsertNetwork(cloud, name, { team: "a" })).toEqual(made);
    await upsertNetwork(cloud, `bare-${runOf(cloud)}`);

    expect(await tagsOf(cloud, made.arn)).toEqual({ team: "a", ...ownerTags(cloud) });
    expect(await tagsOf(cloud, arn)).toEqual(ownerTags(cloud));
    await expect(upsertNetwork(rival, name)).rejects.toThrow("another owner");
  });

  it("is found by its name, else by its id, among all of the account's", async () => {
    const cloud = newCluster(scene());
    const [one, two] = [`a-${runOf(cloud)}`, `a-${runOf(cloud)}-b`];
    const made = await upsertNetwork(cloud, one);
    const longer = await upsertNetwork(cloud, two);

    expect(await findNetwork(cloud, one)).toEqual(made);
    expect(await findNetwork(cloud, longer.id)).toEqual(longer);
    expect(await findNetwork(cloud, `none-${runOf(cloud)}`)).toBeUndefined();
  });

  it("shared by another account under a name that the account has too is found twice: an error", async () => {
    const cloud = newCluster(scene());
    const other = newCluster(scene(), { caller: "other" });
    const name = `mesh-${runOf(cloud)}`;
    const shared = await upsertNetwork(other, name);
    await share(other, shared.arn, cloud.cluster.account, ["GetServiceNetwork", "ListServiceNetworks"]);

    expect(await findNetwork(cloud, name)).toEqual(shared);
    await cloud.call("CreateServiceNetwork", { name });

    await expect(findNetwork(cloud, name)).rejects.toThrow("2 service networks");
    expect(await findNetwork(cloud, shared.id)).toEqual(shared);
  });

  it("that the account may only associate with is found through the association of its VPC, with name, id and ARN", async () => {
    const cloud = newCluster(scene());
    const other = newCluster(scene(), { caller: "other" });
    const shared = await upsertNetwork(other, `mesh-${runOf(other)}`);
    await share(other, shared.arn, cloud.cluster.account, ["CreateServiceNetworkVpcAssociation"]);
    expect(await findNetwork(cloud, shared.name)).toBeUndefined();

    await cloud.call("CreateServiceNetworkVpcAssociation", {
      serviceNetworkIdentifier: shared.arn,
      vpcIdentifier: cloud.cluster.vpcId,
      tags: ownerTags(cloud),
    });
    const found = await untilDone(async () => {
      const network = await findNetwork(cloud, shared.name);
      if (network === undefined) throw new Retry("not ACTIVE yet");
      return network;
    });

    expect(found).toEqual(shared);
    const refusal = await refusalOf(tagsOf(cloud, shared.arn));
    expect(refusal?.is("AccessDeniedException")).toBe(true);
    const arn = await associateVpc(cloud, shared.name, ["sg-0123456789abcdef0"]);
    expect(arn.split(":")[4]).toBe(cloud.cluster.account);
  });

  it("is associated with the cluster's VPC by a VpcAssociationPolicy, whose security groups follow it", async () => {
    const cloud = newCluster(scene());
    const name = `mesh-${runOf(cloud)}`;
    const network = await upsertNetwork(cloud, name);
    const groups = (last: number) => [`sg-0123456789abcde${last}0`, "sg-0123456789abcdef0"];
    const associate = (securityGroupIds: string[]) => associateVpc(cloud, name, securityGroupIds, { team: "net" });

    // Until the association is ACTIVE the controller comes back, after its creation and after a change.
    await expect(associate(groups(1))).rejects.toBeInstanceOf(Retry);
    const arn = await untilDone(() => associate(groups(1)));
    const before = cloud.changes.length;
    expect(await associate(groups(1).reverse())).toBe(arn);
    expect(cloud.changes).toHaveLength(before);
    await expect(associate(groups(2))).rejects.toBeInstanceOf(Retry);
    expect(await untilDone(() => associate(groups(2)))).toBe(arn);

    const filter = { serviceNetworkIdentifier: network.id, vpcIdentifier: cloud.cluster.vpcId };
    const [association, ...none] = await cloud.all("ListServiceNetworkVpcAssociations", filter);
    expect(none).toEqual([]);
    expect(association).toMatchObject({ arn, status: "ACTIVE", id: arn.split("/")[1], serviceNetworkName: name });
    expect(await tagsOf(cloud, arn)).toEqual({ team: "net", ...ownerTags(cloud) });
  });

  it("is let go when the policy ends, unless somebody else made the association", async () => {
    const cloud = newCluster(scene());
    const rival = newCluster(scene());
    const name = `mesh-${runOf(cloud)}`;
    await upsertNetwork(cloud, name);
    await untilDone(() => associateVpc(cloud, name, []));
    const network = await findNetwork(cloud, name);
    await cloud.call("CreateServiceNetworkVpcAssociation", {
      serviceNetworkIdentifier: network?.id,
      vpcIdentifier: rival.cluster.vpcId,
    });

    await untilDone(() => disassociateVpc(cloud, name));
    await untilDone(() => disassociateVpc(rival, name));

    const left = await cloud.all("ListServiceNetworkVpcAssociations", { serviceNetworkIdentifier: network?.id ?? "" });
    expect(left.map(({ vpcId }) => vpcId)).toEqual([rival.cluster.vpcId]);
  });
}
