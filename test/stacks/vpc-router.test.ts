import { readLambdaSettings } from "@pergola/lambda";
import { describe, expect, it } from "vitest";
import { account, region } from "./harness/account.ts";
import { graphOf } from "./harness/deployment.ts";
import { type GraphResource, ofType, only } from "./harness/graph.ts";

const vpcs = [
  {
    variant: "everything",
    id: "vpc-0aaa1111",
    owner: account,
    ranges: ["10.0.0.0/16"],
    suffix: "mesh.example.com",
    ports: [80, 443],
  },
  {
    variant: "everything",
    id: "vpc-0bbb1111",
    owner: "999900001111",
    ranges: ["10.1.0.0/16", "10.2.0.0/16"],
    suffix: "mesh.example.com",
    ports: [80, 443],
  },
  {
    variant: "one-vpc",
    id: "vpc-0aaa1111",
    owner: account,
    ranges: ["10.0.0.0/16"],
    suffix: "pergola.internal",
    ports: [80],
  },
];

describe.each(vpcs)("the router of $id in $variant", ({ variant, id, owner, ranges, suffix, ports }) => {
  const graph = graphOf(variant);
  const name = `Vpc${id.slice("vpc-".length)}`;
  const one = (type: string, ending: string): GraphResource => only(graph, type, `${name}${ending}`);
  const handler = one("aws:lambda/function:Function", "RouterFunction");

  it("knows which VPC its clients are in, and believes no forwarded host", () => {
    const { variables } = handler.inputs.environment;
    expect(readLambdaSettings({ ...variables, AWS_REGION: region })).toMatchObject({
      sourceVpc: { vpcId: id, account: owner },
      trustForwardedHost: false,
    });
  });

  it("has a load balancer that only the VPC's clients reach", () => {
    const balancer = one("aws:lb/loadBalancer:LoadBalancer", "Balancer").inputs;
    expect(balancer).toMatchObject({
      internal: true,
      desyncMitigationMode: "strictest",
      xffHeaderProcessingMode: "append",
    });
    const group = one("aws:ec2/securityGroup:SecurityGroup", "Clients").inputs;
    expect(group.vpcId).toBe(id);
    expect(group.ingress).toEqual(
      ports.map((port) => ({ protocol: "tcp", fromPort: port, toPort: port, cidrBlocks: ranges })),
    );
    expect(balancer.securityGroups).toHaveLength(1);
  });

  it("is called by its own load balancer and nobody else, with repeated headers", () => {
    const group = one("aws:lb/targetGroup:TargetGroup", "Targets");
    expect(group.inputs).toMatchObject({ targetType: "lambda", lambdaMultiValueHeadersEnabled: true });
    const permissions = ofType(graph, "aws:lambda/permission:Permission").filter(
      ({ inputs }) => inputs.function === handler.inputs.name,
    );
    expect(permissions.map(({ inputs }) => [inputs.principal, inputs.sourceArn])).toEqual([
      ["elasticloadbalancing.amazonaws.com", group.id],
    ]);
    const attachment = one("aws:lb/targetGroupAttachment:TargetGroupAttachment", "Attachment");
    expect(attachment.inputs.targetId).toContain(handler.inputs.name);
    expect(attachment.dependsOn).toContain(permissions[0]?.urn);
    const listeners = ofType(graph, "aws:lb/listener:Listener").filter((listener) => listener.name.startsWith(name));
    expect(listeners.map(({ inputs }) => inputs.port).sort()).toEqual([...ports].sort());
    for (const { inputs } of listeners)
      expect(inputs.defaultActions).toEqual([{ type: "forward", targetGroupArn: group.id }]);
  });

  it("is where service names lead in that VPC, by a zone that only it sees", () => {
    const parent = `7d67968.vpc-lattice-svcs.${region}.${suffix}`;
    expect(one("aws:route53/zone:Zone", "Zone").inputs).toMatchObject({ name: parent, vpcs: [{ vpcId: id }] });
    const record = one("aws:route53/record:Record", "Wildcard").inputs;
    expect(record).toMatchObject({ name: `*.${parent}`, type: "A" });
    expect(record.aliases).toHaveLength(1);
  });
});

it("each certificate of a load balancer is in the region", () => {
  const graph = graphOf("everything");
  for (const { inputs } of ofType(graph, "aws:lb/listener:Listener").filter(
    ({ inputs }) => inputs.protocol === "HTTPS",
  )) {
    expect(inputs.certificateArn).toContain(`:acm:${region}:`);
    expect(inputs.sslPolicy).toContain("TLS13");
  }
});

it("without a URL no service is reachable from outside", () => {
  const urls = ofType(graphOf("one-vpc"), "aws:lambda/functionUrl:FunctionUrl");
  expect(urls.map(({ name }) => name).sort()).toEqual(["ControlPlaneUrl", "CredentialExchangeUrl"]);
});
