import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type Created,
  errorAction,
  forwardTo,
  freshName,
  newListener,
  newRule,
  newService,
} from "../harness/lattice-resources.ts";
import { authTypes, type OpenService, openService, policyOf, present } from "../harness/open-service.ts";
import { freePorts } from "../harness/pergola.ts";
import { openPlainClient, type PlainAnswer, type PlainClient } from "../harness/plain-client.ts";
import {
  deregisterProgram,
  type InstanceProgram,
  openScene,
  registerTarget,
  type Scene,
  sceneVpcId,
} from "../harness/scene.ts";
import { entriesWithin, readLogGroup } from "../walkthrough/access-log-files.ts";

const turns = 50;

/** A service with a listener whose default action goes to program a, and traffic on it all the time. */
interface Stage {
  readonly client: VPCLattice;
  readonly service: OpenService;
  /** Identifies the listener in the API. */
  readonly at: { readonly serviceIdentifier: string; readonly listenerIdentifier: string };
  /** Groups of program a and b. */
  readonly a: Created;
  readonly b: Created;
  /** @returns `200 a`: status, and body where it is 200 */
  ask(path?: string): Promise<string>;
  send(path: string): Promise<PlainAnswer>;
}

let scene: Scene;
const programs: Record<string, InstanceProgram> = {};

beforeAll(async () => {
  scene = await openScene();
  for (const name of ["a", "b"]) {
    programs[name] = await scene.startProgram((request, response) => {
      request.resume();
      response.end(name);
    });
  }
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});

/** Sends requests one after the other as long as `isGoing`; any answer is right, none is not. */
async function keepAsking(client: PlainClient, isGoing: () => boolean): Promise<number> {
  let count = 0;
  for (; isGoing(); count += 1) await client.send({ path: "/background" });
  return count;
}

async function onStage(auth: keyof typeof authTypes, play: (stage: Stage) => Promise<void>): Promise<void> {
  const { client, pergola } = scene;
  const [a, b] = [await groupOf("a"), await groupOf("b")];
  const service = await openService(client, auth);
  const listener = await newListener(client, service.id, { defaultAction: forwardTo(a.id) });
  using own = openPlainClient(service.host, pergola.httpPort, 1);
  using others = openPlainClient(service.host, pergola.httpPort, 4);
  const send = (path: string): Promise<PlainAnswer> => own.send({ path });
  const ask = async (path = "/"): Promise<string> => {
    const { status, body } = await send(path);
    return status === 200 ? `200 ${body}` : `${status}`;
  };
  const at = { serviceIdentifier: service.id, listenerIdentifier: listener.id };
  let isOver = false;
  const background = Promise.all([1, 2, 3, 4].map(() => keepAsking(others, () => !isOver)));
  try {
    await play({ client, service, at, a, b, ask, send });
  } finally {
    isOver = true;
    for (const count of await background) expect(count).toBeGreaterThan(0);
    await leaveNetwork(client, service);
  }
}

/** Deletes the association of the VPC, which can have one only. */
async function leaveNetwork(client: VPCLattice, { networkId }: OpenService): Promise<void> {
  const { items = [] } = await client.listServiceNetworkVpcAssociations({ serviceNetworkIdentifier: networkId });
  await client.deleteServiceNetworkVpcAssociation({ serviceNetworkVpcAssociationIdentifier: present(items[0]?.id) });
}

/** A new target of a group with health checks gets its first request only when it is found healthy. */
const groupOf = (name: string): Promise<Created> => {
  const program = programs[name];
  if (program === undefined) throw new Error(`no program ${name}`);
  return scene.groupOf(program, { healthCheck: { enabled: false } });
};

const prefix = (path: string) => ({ httpMatch: { pathMatch: { match: { prefix: path } } } });

/** What is done over and over, each change followed at once by a request. */
const changes: Readonly<
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
    async ({ client, a, ask }) => {
      const [portA, portB] = [programs.a?.port ?? 0, programs.b?.port ?? 0];
      await registerTarget(client, a.id, { port: portB });
      expect(new Set([await ask(), await ask(), await ask(), await ask()])).toContain("200 b");
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
    async ({ client, service, b }) => {
      const { id: serviceIdentifier } = await newService(client);
      const { dnsEntry } = await client.getService({ serviceIdentifier });
      using there = openPlainClient(present(dnsEntry?.domainName), scene.pergola.httpPort);
      const status = async (): Promise<number> => (await there.send({ path: "/" })).status;
      const { id } = await client.createServiceNetworkServiceAssociation({
        serviceNetworkIdentifier: service.networkId,
        serviceIdentifier,
      });
      expect(await status()).toBe(404);
      await newListener(client, serviceIdentifier, { defaultAction: forwardTo(b.id) });
      expect(await status()).toBe(200);
      await client.deleteServiceNetworkServiceAssociation({ serviceNetworkServiceAssociationIdentifier: id });
      await client.deleteService({ serviceIdentifier });
      expect(await status()).toBe(404);
    },
  ],
};

it.each(Object.entries(changes))(
  "the very next request sees it when %s",
  { timeout: 40_000 },
  async (_, [auth, turn]) => {
    await onStage(auth, async (stage) => {
      for (let i = 0; i < turns; i += 1) await turn(stage);
    });
  },
);

it("logs from the very next request on when a subscription is created, and no more when it is deleted", {
  timeout: 60_000,
}, async () => {
  await onStage("open", async ({ client, service, send }) => {
    const group = freshName("pergola/force");
    const destinationArn = `arn:aws:logs:us-west-2:123456789012:log-group:/${group}`;
    const [logged, unlogged] = [new Set<string>(), new Set<string>()];
    for (let i = 0; i < turns; i += 1) {
      const { id } = await client.createAccessLogSubscription({ resourceIdentifier: service.id, destinationArn });
      logged.add((await send("/logged")).requestId);
      await client.deleteAccessLogSubscription({ accessLogSubscriptionIdentifier: present(id) });
      unlogged.add((await send("/unlogged")).requestId);
    }

    const own = () => readLogGroup(scene.dataDir, group).filter(({ requestPath }) => requestPath !== "/background");
    const ids = (await entriesWithin(own, logged.size)).map(({ requestId }) => requestId);
    expect(ids.toSorted()).toEqual([...logged].toSorted());
    expect(unlogged.size).toBe(turns);
  });
});
