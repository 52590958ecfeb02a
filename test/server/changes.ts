import { expect } from "vitest";
import { errorAction, forwardTo, freshName, newListener, newRule, newService } from "../harness/lattice-resources.ts";
import { authTypes, policyOf, present } from "../harness/open-service.ts";
import { freePorts } from "../harness/pergola.ts";
import { openPlainClient } from "../harness/plain-client.ts";
import { deregisterProgram, registerTarget, sceneVpcId } from "../harness/scene.ts";
import { leaveNetwork, type Stage } from "./stage.ts";

const prefix = (path: string) => ({ httpMatch: { pathMatch: { match: { prefix: path } } } });

/** What is done over and over, each change followed at once by a request. */
export const changes: Readonly<
  Record<string, readonly [auth: keyof typeof authTypes, turn: (stage: Stage) => Promise<void>]>
> = {
  "a rule is created, updated and deleted": [
    "open",
    async ({ client, at, service, a, b, ask }) => {
      expect(await ask("/rule/x")).toBe("200 a");
      const input = { match: prefix("/rule"), action: forwardTo(b.id) };
      const { id } = await newRule(client, service.id, at.listenerIdentifier, input);
      expect(await ask("/rule/x")).toBe("200 b");
      const rule = { ...at, ruleIdentifier: id };
      await client.updateRule({ ...rule, action: errorAction });
      expect(await ask("/rule/x")).toBe("500");
      await client.updateRule({ ...rule, match: prefix("/other") });
      expect(await ask("/rule/x")).toBe("200 a");
      expect(await ask("/other/x")).toBe("500");
      await client.updateRule({ ...rule, action: forwardTo(a.id) });
      expect(await ask("/other/x")).toBe("200 a");
      await client.updateRule({ ...rule, action: forwardTo(b.id) });
      expect(await ask("/other/x")).toBe("200 b");
      await client.deleteRule(rule);
      expect(await ask("/other/x")).toBe("200 a");
    },
  ],
  "two rules change places in one batch": [
    "open",
    async ({ client, at, service, b, ask }) => {
      const toB = { match: prefix("/batch"), action: forwardTo(b.id), priority: 1 };
      const toError = { match: prefix("/batch"), action: errorAction, priority: 2 };
      const first = await newRule(client, service.id, at.listenerIdentifier, toB);
      const second = await newRule(client, service.id, at.listenerIdentifier, toError);
      expect(await ask("/batch")).toBe("200 b");
      const swapped = [
        { ruleIdentifier: first.id, priority: 2 },
        { ruleIdentifier: second.id, priority: 1 },
      ];
      const { unsuccessful } = await client.batchUpdateRule({ ...at, rules: swapped });
      expect(unsuccessful).toEqual([]);
      expect(await ask("/batch")).toBe("500");
      for (const { id } of [first, second]) await client.deleteRule({ ...at, ruleIdentifier: id });
      expect(await ask("/batch")).toBe("200 a");
    },
  ],
  "the default action changes": [
    "open",
    async ({ client, at, a, b, ask }) => {
      await client.updateListener({ ...at, defaultAction: forwardTo(b.id) });
      expect(await ask()).toBe("200 b");
      await client.updateListener({ ...at, defaultAction: errorAction });
      expect(await ask()).toBe("500");
      await client.updateListener({ ...at, defaultAction: forwardTo(a.id) });
      expect(await ask()).toBe("200 a");
    },
  ],
  "policies of the service and the network are put and deleted": [
    "iam",
    async ({ client, service, ask }) => {
      const [ofService, ofNetwork] = [{ resourceIdentifier: service.id }, { resourceIdentifier: service.networkId }];
      expect(await ask()).toBe("403");
      await client.putAuthPolicy({ ...ofService, policy: policyOf({}) });
      expect(await ask()).toBe("403");
      await client.putAuthPolicy({ ...ofNetwork, policy: policyOf({}) });
      expect(await ask()).toBe("200 a");
      await client.putAuthPolicy({ ...ofService, policy: policyOf({}, { Effect: "Deny", Resource: "*/secret" }) });
      expect(await ask("/secret")).toBe("403");
      expect(await ask("/open")).toBe("200 a");
      await client.putAuthPolicy({ ...ofNetwork, policy: policyOf({}, { Effect: "Deny" }) });
      expect(await ask("/open")).toBe("403");
      await client.putAuthPolicy({ ...ofNetwork, policy: policyOf({}) });
      expect(await ask("/open")).toBe("200 a");
      await client.deleteAuthPolicy(ofService);
      expect(await ask("/open")).toBe("403");
      await client.putAuthPolicy({ ...ofService, policy: policyOf({}) });
      expect(await ask("/open")).toBe("200 a");
      await client.deleteAuthPolicy(ofNetwork);
      expect(await ask("/open")).toBe("403");
      await client.deleteAuthPolicy(ofService);
    },
  ],
  "the auth types of the service and the network change": [
    "open",
    async ({ client, service, ask }) => {
      const [ofService, ofNetwork] = [
        { serviceIdentifier: service.id },
        { serviceNetworkIdentifier: service.networkId },
      ];
      expect(await ask()).toBe("200 a");
      await client.updateService({ ...ofService, authType: authTypes.iam });
      expect(await ask()).toBe("403");
      await client.updateService({ ...ofService, authType: authTypes.open });
      expect(await ask()).toBe("200 a");
      await client.updateServiceNetwork({ ...ofNetwork, authType: authTypes.iam });
      expect(await ask()).toBe("403");
      await client.updateServiceNetwork({ ...ofNetwork, authType: authTypes.open });
      expect(await ask()).toBe("200 a");
    },
  ],
  "targets are registered and deregistered": [
    "open",
    async ({ client, programs, a, ask }) => {
      const [portA, portB] = [programs.a.port, programs.b.port];
      await registerTarget(client, a.id, { port: portB });
      // The traffic in the background takes turns too: it may take a few requests until it is this target's.
      const answers = new Set<string>();
      for (let i = 0; i < 40 && !answers.has("200 b"); i += 1) answers.add(await ask());
      expect(answers).toContain("200 b");
      await deregisterProgram(client, a.id, portA);
      for (let i = 0; i < 4; i += 1) expect(await ask()).toBe("200 b");
      await deregisterProgram(client, a.id, portB);
      expect(await ask()).toBe("503");
      await registerTarget(client, a.id, { port: portA });
      for (let i = 0; i < 4; i += 1) expect(await ask()).toBe("200 a");
    },
  ],
  "the VPC's association is deleted and created": [
    "open",
    async ({ client, service, ask }) => {
      await leaveNetwork(client, service);
      expect(await ask()).toBe("404");
      await client.createServiceNetworkVpcAssociation({
        serviceNetworkIdentifier: service.networkId,
        vpcIdentifier: sceneVpcId,
      });
      expect(await ask()).toBe("200 a");
    },
  ],
  "the service's association is deleted and created": [
    "open",
    async ({ client, service, ask }) => {
      const ends = { serviceNetworkIdentifier: service.networkId, serviceIdentifier: service.id };
      const { items = [] } = await client.listServiceNetworkServiceAssociations(ends);
      await client.deleteServiceNetworkServiceAssociation({
        serviceNetworkServiceAssociationIdentifier: present(items[0]?.id),
      });
      expect(await ask()).toBe("404");
      await client.createServiceNetworkServiceAssociation(ends);
      expect(await ask()).toBe("200 a");
    },
  ],
  "a listener comes and goes on a port of its own": [
    "open",
    async ({ client, service, b }) => {
      const [port = 0] = await freePorts(1);
      using there = openPlainClient(service.host, port);
      const listener = await newListener(client, service.id, { port, defaultAction: forwardTo(b.id) });
      expect(await there.send({ path: "/" })).toMatchObject({ status: 200, body: "b" });
      await client.deleteListener({ serviceIdentifier: service.id, listenerIdentifier: listener.id });
      using again = openPlainClient(service.host, port);
      await expect(again.send({ path: "/" })).rejects.toMatchObject({ code: "ECONNREFUSED" });
    },
  ],
  "a service is created and deleted": [
    "open",
    async ({ client, service, httpPort, b }) => {
      const customDomainName = `${freshName("custom")}.example.com`;
      using byCustomName = openPlainClient(customDomainName, httpPort);
      expect((await byCustomName.send({ path: "/" })).status).toBe(404);
      const { id: serviceIdentifier } = await newService(client, { customDomainName });
      const { dnsEntry } = await client.getService({ serviceIdentifier });
      using there = openPlainClient(present(dnsEntry?.domainName), httpPort);
      const statuses = async (): Promise<number[]> =>
        (await Promise.all([there, byCustomName].map((name) => name.send({ path: "/" })))).map(({ status }) => status);
      const { id } = await client.createServiceNetworkServiceAssociation({
        serviceNetworkIdentifier: service.networkId,
        serviceIdentifier,
      });
      expect(await statuses()).toEqual([404, 404]);
      await newListener(client, serviceIdentifier, { defaultAction: forwardTo(b.id) });
      expect(await statuses()).toEqual([200, 200]);
      await client.deleteServiceNetworkServiceAssociation({ serviceNetworkServiceAssociationIdentifier: id });
      await client.deleteService({ serviceIdentifier });
      expect(await statuses()).toEqual([404, 404]);
    },
  ],
};
