import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import { newConfiguration, newGateway, newNetwork } from "../harness/lattice-networked-resources.ts";
import { failureOf, newService } from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

function statement(resource: string, more: object = {}): object {
  return {
    Effect: "Allow",
    Principal: { AWS: `arn:aws:iam::${otherAccount}:root` },
    Action: "vpc-lattice:GetServiceNetwork",
    Resource: resource,
    ...more,
  };
}
const policyOf = (...statements: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement: statements });

describe("PutResourcePolicy", () => {
  it("keeps the text as it was put, for networks, services and resource configurations", async () => {
    const { client } = plane;
    const gateway = await newGateway(client);
    const shared = [
      [(await newNetwork(client)).arn, "vpc-lattice:CreateServiceNetworkVpcAssociation"],
      [(await newService(client)).arn, "vpc-lattice:CreateServiceNetworkServiceAssociation"],
      [
        (await newConfiguration(client, { resourceGatewayIdentifier: gateway.id })).arn,
        "vpc-lattice:AssociateViaAWSService",
      ],
    ] as const;

    for (const [resourceArn, action] of shared) {
      const policy = `{ "Statement": {"Effect":"Allow","Principal":{"AWS":["${otherAccount}"]},"Action":["${action}"],"Resource":["${resourceArn}"]} }`;
      const answer = await plane.send(
        "PUT",
        `/resourcepolicy/${encodeURIComponent(resourceArn)}`,
        JSON.stringify({ policy }),
      );
      expect(answer, resourceArn).toMatchObject({ status: 200, json: {} });
      expect((await client.getResourcePolicy({ resourceArn })).policy).toBe(policy);
    }
  });

  it("takes everyone only under a condition, and replaces the policy before", async () => {
    const { arn: resourceArn } = await newNetwork(plane.client);
    const ofOrganization = policyOf(
      statement(resourceArn, {
        Principal: "*",
        Condition: { StringEquals: { "aws:PrincipalOrgID": ["o-a1b2c3d4e5"] } },
      }),
    );
    const put = (policy: string) => plane.client.putResourcePolicy({ resourceArn, policy });

    await put(policyOf(statement(resourceArn)));
    const failures = [
      await failureOf(put(policyOf(statement(resourceArn, { Principal: "*" })))),
      await failureOf(put(policyOf(statement(resourceArn, { Principal: { AWS: "*" } })))),
    ];
    await put(ofOrganization);

    expect(failures).toMatchObject(Array(2).fill({ fieldList: [{ name: "policy.Statement[0].Principal" }] }));
    expect((await plane.client.getResourcePolicy({ resourceArn })).policy).toBe(ofOrganization);
  });

  const bad: readonly (readonly [string, (arn: string) => string, string])[] = [
    ["no JSON", () => "{", "policy"],
    ["no object", () => "[]", "policy"],
    ["a blank text", () => "   ", "policy"],
    ["lines", (arn) => JSON.stringify({ Statement: statement(arn) }, undefined, 2), "policy"],
    ["a text of more than 10,000 characters", (arn) => policyOf(statement(arn)).padEnd(10_001), "policy"],
    ["no statement", () => policyOf(), "policy.Statement"],
    ["a member twice", (arn) => policyOf(statement(arn)).replace("{", '{"Version":"2012-10-17",'), "policy.Version"],
    [
      "an unknown version",
      (arn) => JSON.stringify({ Version: "2020-01-01", Statement: statement(arn) }),
      "policy.Version",
    ],
    ["an unknown element", (arn) => JSON.stringify({ Statement: statement(arn), Extra: 1 }), "policy.Extra"],
    ["a denial", (arn) => policyOf(statement(arn, { Effect: "Deny" })), "policy.Statement[0].Effect"],
    ["a negated element", (arn) => policyOf(statement(arn, { NotAction: "x" })), "policy.Statement[0].NotAction"],
    ["no principal", (arn) => policyOf(statement(arn, { Principal: undefined })), "policy.Statement[0].Principal"],
    [
      "a principal of no account",
      (arn) => policyOf(statement(arn, { Principal: { AWS: "x" } })),
      "policy.Statement[0].Principal",
    ],
    [
      "a service as principal",
      (arn) => policyOf(statement(arn, { Principal: { Service: "x.amazonaws.com" } })),
      "policy.Statement[0].Principal",
    ],
    ["all actions", (arn) => policyOf(statement(arn, { Action: "vpc-lattice:*" })), "policy.Statement[0].Action"],
    [
      "an action that changes the resource",
      (arn) => policyOf(statement(arn, { Action: "vpc-lattice:DeleteServiceNetwork" })),
      "policy.Statement[0].Action",
    ],
    [
      "another kind's action",
      (arn) => policyOf(statement(arn, { Action: "vpc-lattice:GetService" })),
      "policy.Statement[0].Action",
    ],
    ["no action", (arn) => policyOf(statement(arn, { Action: [] })), "policy.Statement[0].Action"],
    ["all resources", (arn) => policyOf(statement(arn, { Resource: "*" })), "policy.Statement[0].Resource"],
    [
      "another resource too",
      (arn) => policyOf(statement(arn, { Resource: [arn, `${arn}/x`] })),
      "policy.Statement[0].Resource",
    ],
    ["an empty condition", (arn) => policyOf(statement(arn, { Condition: {} })), "policy.Statement[0].Condition"],
    [
      "a condition without values",
      (arn) => policyOf(statement(arn, { Condition: { StringEquals: {} } })),
      "policy.Statement[0].Condition.StringEquals",
    ],
    [
      "a bad second statement",
      (arn) => policyOf(statement(arn), statement(arn, { Resource: "*" })),
      "policy.Statement[1].Resource",
    ],
  ];
  it.each(bad)("refuses %s and keeps the policy before", async (_, policyFor, field) => {
    const { arn: resourceArn } = await newNetwork(plane.client);
    const before = policyOf(statement(resourceArn));
    await plane.client.putResourcePolicy({ resourceArn, policy: before });

    const failure = await failureOf(plane.client.putResourcePolicy({ resourceArn, policy: policyFor(resourceArn) }));

    expect(failure).toMatchObject({ name: "ValidationException" });
    expect((failure as unknown as { fieldList: { name: string }[] }).fieldList.map(({ name }) => name)).toContain(
      field,
    );
    expect((await plane.client.getResourcePolicy({ resourceArn })).policy).toBe(before);
  });

  it("answers a policy full of faults with the first twenty", async () => {
    const { arn: resourceArn } = await newNetwork(plane.client);
    const policy = policyOf(...Array(90).fill({ Effect: "Deny" }));

    const failure = await failureOf(plane.client.putResourcePolicy({ resourceArn, policy }));

    expect((failure as unknown as { fieldList: unknown[] }).fieldList).toHaveLength(20);
  });
});

describe("resource policies", () => {
  it("are read and deleted, and deleting none is no error", async () => {
    const { arn: resourceArn } = await newNetwork(plane.client);
    const none = await failureOf(plane.client.getResourcePolicy({ resourceArn }));
    await plane.client.putResourcePolicy({ resourceArn, policy: policyOf(statement(resourceArn)) });

    const { $metadata } = await plane.client.deleteResourcePolicy({ resourceArn });
    await plane.client.deleteResourcePolicy({ resourceArn });

    expect(none).toMatchObject({ name: "ResourceNotFoundException", resourceType: "RESOURCE_POLICY" });
    expect($metadata.httpStatusCode).toBe(204);
    expect((await failureOf(plane.client.getResourcePolicy({ resourceArn }))).name).toBe("ResourceNotFoundException");
  });

  it("go with their network or service", async () => {
    const network = await newNetwork(plane.client);
    const service = await newService(plane.client);
    const ofService = statement(service.arn, { Action: "vpc-lattice:GetService" });
    await plane.client.putResourcePolicy({ resourceArn: network.arn, policy: policyOf(statement(network.arn)) });
    await plane.client.putResourcePolicy({ resourceArn: service.arn, policy: policyOf(ofService) });

    await plane.client.deleteServiceNetwork({ serviceNetworkIdentifier: network.id });
    await plane.client.deleteService({ serviceIdentifier: service.id });

    for (const { id } of [network, service]) {
      expect((await plane.store.list(`${id}/resource-policy`)).items).toEqual([]);
    }
  });

  it("are those of a resource that is there, can be shared and is the caller's", async () => {
    const { arn, id } = await newNetwork(plane.client);
    const read = (resourceArn: string, client = plane.client) => failureOf(client.getResourcePolicy({ resourceArn }));
    const start = `arn:aws:vpc-lattice:${region}:${account}`;

    const failures = [
      await read(arn.replace(id, "sn-00000000000000000")),
      await read(`${start}:targetgroup/tg-00000000000000000`),
      await read(id),
      await read(arn, plane.clientOf({ account: otherAccount })),
    ];

    expect(failures).toMatchObject([
      { name: "ResourceNotFoundException", resourceType: "SERVICE_NETWORK" },
      { name: "ValidationException", fieldList: [{ name: "resourceArn" }] },
      { name: "ValidationException", fieldList: [{ name: "resourceArn" }] },
      { name: "AccessDeniedException" },
    ]);
  });
});
