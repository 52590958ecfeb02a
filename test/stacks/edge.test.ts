import { runInNewContext } from "node:vm";
import { generatedDnsName } from "@pergola/core";
import { describe, expect, it } from "vitest";
import { region } from "./harness/account.ts";
import { graphOf } from "./harness/deployment.ts";
import { ofType, only } from "./harness/graph.ts";

const parent = `7d67968.vpc-lattice-svcs.${region}.mesh.example.com`;

describe("CloudFront before the router", () => {
  const graph = graphOf("everything");
  const { inputs: distribution } = only(graph, "aws:cloudfront/distribution:Distribution", "EdgeCdnDistribution");

  it("caches nothing, compresses nothing and takes no request in the clear", () => {
    expect(distribution.defaultCacheBehavior).toMatchObject({
      cachePolicyId: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
      compress: false,
      viewerProtocolPolicy: "https-only",
    });
    expect(distribution.orderedCacheBehaviors ?? []).toEqual([]);
  });

  it("leads to the router's URL and waits a minute for it", () => {
    const url = new URL(String(graph.outputs?.router));
    expect(distribution.origins).toHaveLength(1);
    expect(distribution.origins[0]).toMatchObject({
      domainName: url.host,
      customOriginConfig: { originProtocolPolicy: "https-only", originReadTimeout: 60 },
    });
  });

  it("replaces the X-Forwarded-Host of a client by the name that it asked for", async () => {
    const [fn, ...more] = ofType(graph, "aws:cloudfront/function:Function");
    expect(more).toEqual([]);
    const headers = { host: { value: "real.example.com" }, "x-forwarded-host": { value: "spoofed.example.com" } };
    const event = { request: { uri: "/", headers } };
    const answered = await runInNewContext(`${fn?.inputs.code}; handler(event)`, { event });
    expect(answered.headers["x-forwarded-host"].value).toBe("real.example.com");
  });

  it("has every service name under one wildcard: certificates, aliases and records", () => {
    const name = generatedDnsName("orders", "svc-0123456789abcdef0", region, "mesh.example.com");
    expect(name.split(".").slice(1).join(".")).toBe(parent);
    const names = ["mesh.example.com", `*.${parent}`, "shop.mesh.example.com"];
    expect([...distribution.aliases].sort()).toEqual([...names].sort());
    for (const certificate of ofType(graph, "aws:acm/certificate:Certificate")) {
      expect([certificate.inputs.domainName, ...certificate.inputs.subjectAlternativeNames]).toEqual(names);
      expect(certificate.inputs.domainName.length).toBeLessThanOrEqual(64);
    }
    const records = ofType(graph, "aws:route53/record:Record").map(({ inputs }) => `${inputs.type} ${inputs.name}`);
    for (const one of names) expect(records).toEqual(expect.arrayContaining([`A ${one}`, `AAAA ${one}`]));
  });

  it("has its certificate in us-east-1, and validates both certificates by one set of records", () => {
    const certificates = ofType(graph, "aws:acm/certificate:Certificate");
    expect(certificates.map(({ inputs }) => inputs.region).sort()).toEqual([region, "us-east-1"]);
    const validation = ofType(graph, "aws:route53/record:Record").filter(({ inputs }) => inputs.type === "CNAME");
    expect(validation).toHaveLength(3);
    expect(new Set(validation.map(({ inputs }) => inputs.name)).size).toBe(3);
    const edge = certificates.find(({ inputs }) => inputs.region === "us-east-1");
    expect(distribution.viewerCertificate).toMatchObject({ acmCertificateArn: edge?.id });
  });

  it("is not there without a domain", () => {
    expect(ofType(graphOf("production"), "aws:cloudfront/distribution:Distribution")).toEqual([]);
  });
});
