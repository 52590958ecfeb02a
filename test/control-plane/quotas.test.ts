import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { quotas } from "@pergola/control-plane";
import { owners } from "@pergola/core";
import { describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import {
  associateResource,
  newConfiguration,
  newGateway,
  newGroup,
  newNetwork,
} from "../harness/lattice-networked-resources.ts";
import {
  failureOf,
  forwardTo,
  freshName,
  newListener,
  newRule,
  newService,
  newTargetGroup,
} from "../harness/lattice-resources.ts";

interface QuotaCase {
  readonly resourceType: string;
  /** @returns what makes one more of them, the `i`th */
  prepare(client: VPCLattice): Promise<(i: number) => Promise<unknown>>;
  /** Removes one again; absent where another test sees to it. */
  remove?(client: VPCLattice, made: never): Promise<unknown>;
}

type Named = { id: string };

const cases: Readonly<Record<keyof typeof quotas, QuotaCase>> = {
  serviceNetworks: {
    resourceType: "SERVICE_NETWORK",
    prepare: async (client) => () => newNetwork(client),
    remove: (client, { id }: Named) => client.deleteServiceNetwork({ serviceNetworkIdentifier: id }),
  },
  services: {
    resourceType: "SERVICE",
    prepare: async (client) => () => newService(client),
    remove: (client, { id }: Named) => client.deleteService({ serviceIdentifier: id }),
  },
  targetGroups: {
    resourceType: "TARGET_GROUP",
    prepare: async (client) => () => newTargetGroup(client),
    remove: (client, { id }: Named) => client.deleteTargetGroup({ targetGroupIdentifier: id }),
  },
  listeners: {
    resourceType: "LISTENER",
    prepare: async (client) => {
      const { id } = await newService(client);
      return (i) => newListener(client, id, { port: 1 + i });
    },
  },
  rules: {
    resourceType: "RULE",
    prepare: async (client) => {
      const service = await newService(client);
      const listener = await newListener(client, service.id);
      return (i) => newRule(client, service.id, listener.id, { priority: 1 + i });
    },
  },
  targetGroupsOfService: {
    resourceType: "TARGET_GROUP",
    prepare: async (client) => {
      const service = await newService(client);
      const listener = await newListener(client, service.id);
      return async (i) => {
        const action = forwardTo((await newTargetGroup(client)).id);
        return newRule(client, service.id, listener.id, { priority: 1 + i, action });
      };
    },
  },
  targets: {
    resourceType: "TARGET",
    prepare: async (client) => {
      const { id: targetGroupIdentifier } = await newTargetGroup(client);
      return (i) => client.registerTargets({ targetGroupIdentifier, targets: [{ id: `10.0.0.${i}` }] });
    },
  },
  serviceAssociations: {
    resourceType: "SERVICE_NETWORK_SERVICE_ASSOCIATION",
    prepare: async (client) => {
      const { id: serviceNetworkIdentifier } = await newNetwork(client);
      return async () => {
        const { id: serviceIdentifier } = await newService(client);
        return client.createServiceNetworkServiceAssociation({ serviceNetworkIdentifier, serviceIdentifier });
      };
    },
    remove: (client, { id }: Named) =>
      client.deleteServiceNetworkServiceAssociation({ serviceNetworkServiceAssociationIdentifier: id }),
  },
  vpcAssociations: {
    resourceType: "SERVICE_NETWORK_VPC_ASSOCIATION",
    prepare: async (client) => {
      const { id: serviceNetworkIdentifier } = await newNetwork(client);
      return (i) => {
        const vpcIdentifier = `vpc-${String(i).padStart(17, "0")}`;
        return client.createServiceNetworkVpcAssociation({ serviceNetworkIdentifier, vpcIdentifier });
      };
    },
  },
  resourceAssociations: {
    resourceType: "SERVICE_NETWORK_RESOURCE_ASSOCIATION",
    prepare: async (client) => {
      const network = await newNetwork(client);
      const { id: resourceGatewayIdentifier } = await newGateway(client);
      return async () => {
        const { id } = await newConfiguration(client, { resourceGatewayIdentifier });
        return associateResource(client, network.id, id);
      };
    },
    remove: (client, { id }: Named) =>
      client.deleteServiceNetworkResourceAssociation({ serviceNetworkResourceAssociationIdentifier: id }),
  },
  resourceConfigurations: {
    resourceType: "RESOURCE_CONFIGURATION",
    prepare: async (client) => {
      const { id: resourceGatewayIdentifier } = await newGateway(client);
      return () => newConfiguration(client, { resourceGatewayIdentifier });
    },
    remove: (client, { id }: Named) => client.deleteResourceConfiguration({ resourceConfigurationIdentifier: id }),
  },
  children: {
    resourceType: "RESOURCE_CONFIGURATION",
    prepare: async (client) => {
      const { child } = await newGroup(client, (await newGateway(client)).id);
      return () => child();
    },
    remove: (client, { id }: Named) => client.deleteResourceConfiguration({ resourceConfigurationIdentifier: id }),
  },
  resourceGateways: {
    resourceType: "RESOURCE_GATEWAY",
    prepare: async (client) => () => newGateway(client),
    remove: (client, { id }: Named) => client.deleteResourceGateway({ resourceGatewayIdentifier: id }),
  },
  domainVerifications: {
    resourceType: "DOMAIN_VERIFICATION",
    prepare: async (client) => () => client.startDomainVerification({ domainName: `${freshName()}.example.com` }),
    remove: (client, { id }: Named) => client.deleteDomainVerification({ domainVerificationIdentifier: id }),
  },
};

async function withQuota(code: string, limit: number): Promise<ControlPlaneHarness> {
  return startControlPlane({ settings: { quotas: { [code]: limit } } });
}

describe.each(Object.entries(cases))("the quota of %s", (name, { resourceType, prepare, remove }) => {
  const { code } = quotas[name as keyof typeof quotas];

  it("answers 402 with its code when it is used up, and allows another once one is gone", async () => {
    await using plane = await withQuota(code, 2);
    const { client } = plane;
    const make = await prepare(client);
    const made = [await make(1), await make(2)];

    const failure = await failureOf(make(3));

    expect(failure).toMatchObject({
      name: "ServiceQuotaExceededException",
      $metadata: { httpStatusCode: 402 },
      resourceType,
      serviceCode: "vpc-lattice",
      quotaCode: code,
    });
    expect(failure.message).toContain("which is 2");
    if (remove === undefined) return;
    await remove(client, made[0] as never);
    await make(4);
    expect((await failureOf(make(5))).name).toBe("ServiceQuotaExceededException");
  });
});

describe("quotas", () => {
  it("are AWS's own unless told otherwise: two listeners of a service, ten rules, five domain verifications", async () => {
    await using plane = await startControlPlane({ settings: { quotas: {} } });
    const { client } = plane;

    for (const [name, count] of [
      ["listeners", 2],
      ["rules", 10],
      ["domainVerifications", 5],
    ] as const) {
      const make = await cases[name].prepare(client);
      for (let i = 1; i <= count; i += 1) await make(i);
      expect(await failureOf(make(count + 1)), name).toMatchObject({ quotaCode: quotas[name].code });
    }
  });

  it("count within account and region, and gateways within their VPC", async () => {
    await using plane = await startControlPlane({
      settings: { quotas: { [quotas.services.code]: 1, [quotas.resourceGateways.code]: 1 } },
    });
    await newService(plane.client);
    await newGateway(plane.client);

    await newService(plane.clientOf({ account: otherAccount }));
    await newService(plane.clientOf({ region: "eu-west-1" }));
    await newGateway(plane.client, { vpcIdentifier: "vpc-0fedcba9876543210" });

    expect((await failureOf(newService(plane.client))).name).toBe("ServiceQuotaExceededException");
    expect((await failureOf(newGateway(plane.client))).name).toBe("ServiceQuotaExceededException");
  });

  it("hold under many requests at once", async () => {
    await using plane = await withQuota(quotas.services.code, 5);

    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => newService(plane.client)));

    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    expect((await plane.client.listServices({})).items).toHaveLength(5);
  });

  it("count what a store from before them has", async () => {
    await using plane = await withQuota(quotas.services.code, 3);
    await newService(plane.client);
    const { id } = await newService(plane.client);
    const key = { owner: owners.counts({ account, region }), id: "services" };
    await plane.store.transact([{ kind: "delete", key, expect: "any" }]);

    await plane.client.deleteService({ serviceIdentifier: id });
    await newService(plane.client);
    await newService(plane.client);

    expect((await failureOf(newService(plane.client))).name).toBe("ServiceQuotaExceededException");
  });

  it("of 0 forbid, and replays of a create that went through are no new ones", async () => {
    await using none = await withQuota(quotas.services.code, 0);
    await using one = await withQuota(quotas.services.code, 1);
    const input = { name: "shop", clientToken: "once" };
    const { id } = await one.client.createService(input);

    expect((await failureOf(newService(none.client))).name).toBe("ServiceQuotaExceededException");
    expect((await one.client.createService(input)).id).toBe(id);
  });

  it("of a service's target groups allow an update that lets one go for another", async () => {
    await using plane = await withQuota(quotas.targetGroupsOfService.code, 1);
    const { client } = plane;
    const service = await newService(client);
    const [first, second] = [await newTargetGroup(client), await newTargetGroup(client)];
    const listener = await newListener(client, service.id, { defaultAction: forwardTo(first.id) });
    const update = (...groups: string[]) =>
      client.updateListener({
        serviceIdentifier: service.id,
        listenerIdentifier: listener.id,
        defaultAction: forwardTo(...groups),
      });

    await update(second.id);
    const failure = await failureOf(update(first.id, second.id));

    expect(failure).toMatchObject({ quotaCode: quotas.targetGroupsOfService.code, resourceId: service.id });
    const read = await client.getListener({ serviceIdentifier: service.id, listenerIdentifier: listener.id });
    expect(read.defaultAction).toEqual(forwardTo(second.id));
  });
});
