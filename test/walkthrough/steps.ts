import { strict as assert } from "node:assert";
import { PutAuthPolicyCommand, UpdateListenerCommand, type VPCLatticeClient } from "@aws-sdk/client-vpc-lattice";
import { awsCliCommand, type DemoSetup, demoVpcIds } from "@pergola/cli";
import { entriesWithin, type LogEntry } from "./access-log-files.ts";
import type { Answer } from "./service-client.ts";

/** Where the walkthrough tells what it does. */
export type Say = (line: string) => void;

/** Asks the service for a path. */
export type Call = (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;

/** The example as one host serves it: the steps are the same on every host. */
export interface Place {
  readonly setup: DemoSetup;
  readonly client: VPCLatticeClient;
  /** A client in the second VPC, which is associated. */
  readonly call: Call;
  /** A client in a VPC that is not associated. */
  readonly stranger: Call;
  /** @returns the headers of a GET that a caller of the service's account signed, with another secret where one is given */
  readonly sign: (path: string, secretAccessKey?: string) => Record<string, string>;
  /** How many calls in a row come through every way into the service. */
  readonly ways: number;
  /** Where access logs go. */
  readonly logs: Readonly<Record<string, () => LogEntry[] | Promise<LogEntry[]>>>;
  /** Resolves when a change that the API has answered is in force everywhere. */
  readonly inForce: () => Promise<void>;
  readonly say: Say;
}

const calls = 600;

/** Uses the example, and tries what a reader of the article would try next. @throws AssertionError at the first thing that isn't so */
export async function useService(place: Place): Promise<void> {
  const sent: Answer[] = [];
  const call: Call = async (path, headers) => {
    const answer = await place.call(path, headers);
    sent.push(answer);
    return answer;
  };
  const recorded = { ...place, call };
  place.say(`  calling https://${place.setup.domainName}/ from ${demoVpcIds[1]}`);
  await splitsByWeight(recorded);
  await routesByPath(recorded);
  await logsEveryCall(recorded, sent);
  await turnsStrangersAway(recorded);
  await turnsAnonymousAway(recorded);
  await followsNewWeights(recorded);
  await logsEveryCall(recorded, sent);
}

async function splitsByWeight({ call, say }: Place): Promise<void> {
  const answers = await Promise.all(Array.from({ length: calls }, () => call("/")));
  const bodies = answers.map(({ status, body }) => `${status} ${body}`);
  const instance = bodies.filter((body) => body === "200 Hello from the instance").length;
  const lambda = bodies.filter((body) => body === '200 "Hello from the function"').length;
  const other = bodies.find((body) => !/^200 "?Hello from the/.test(body));
  assert.equal(instance + lambda, calls, `unexpected answer: ${other}`);
  const expected = (calls * 20) / 30;
  const deviation = Math.sqrt((calls * 20 * 10) / 30 ** 2);
  assert.ok(
    Math.abs(instance - expected) <= 4 * deviation,
    `${instance} of ${calls} to the instance, ${expected} expected`,
  );
  say(`✓ ${calls} calls by weight 20 : 10: ${instance} to the instance, ${lambda} to the function`);
}

async function routesByPath({ call, ways, say }: Place): Promise<void> {
  for (let way = 0; way < ways; way += 1) {
    assert.equal((await call("/to-instance")).body, "Hello from the instance, you asked for /to-instance");
  }
  for (let way = 0; way < ways; way += 1) assert.equal((await call("/to-function")).body, '"Hello from the function"');
  say("✓ rule 10 sends /to-instance to the instance, rule 20 sends /to-function to the function");
}

async function logsEveryCall({ logs, say }: Place, sent: readonly Answer[]): Promise<void> {
  const ids = sent.map(({ headers }) => String(headers["x-amzn-requestid"])).sort();
  for (const [name, read] of Object.entries(logs)) {
    const own = async () => (await read()).filter(({ sourceVpcId }) => sourceVpcId === demoVpcIds[1]);
    const entries = await entriesWithin(own, sent.length);
    const logged = entries.map(({ requestId }) => requestId).sort();
    assert.deepEqual(logged, ids, `${name} does not hold one entry for each call`);
    say(`✓ ${name} holds one entry for each of the ${sent.length} calls`);
  }
}

async function turnsStrangersAway({ stranger, ways, say }: Place): Promise<void> {
  for (let way = 0; way < ways; way += 1) assert.equal((await stranger("/")).status, 404);
  say("✓ a client in a VPC that is not associated is turned away with 404");
}

const authenticatedOnly = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: "*",
      Action: "vpc-lattice-svcs:Invoke",
      Resource: "*",
      Condition: { StringNotEqualsIgnoreCase: { "aws:PrincipalType": "anonymous" } },
    },
  ],
};

async function turnsAnonymousAway({ client, setup, call, sign, ways, inForce, say }: Place): Promise<void> {
  const input = { resourceIdentifier: setup.serviceId, policy: JSON.stringify(authenticatedOnly) };
  await client.send(new PutAuthPolicyCommand(input));
  await inForce();
  say(`✓ the policy now asks for authentication\n    ${awsCliCommand("PutAuthPolicy", input)}`);
  const path = "/to-instance";
  for (let way = 0; way < ways; way += 1) {
    const denied = await call(path);
    assert.equal(denied.status, 403);
    assert.match(
      denied.body,
      /^AccessDeniedException: User: anonymous is not authorized to perform: vpc-lattice-svcs:Invoke/,
    );
    if (way === 0) say(`✓ an anonymous call gets 403\n    ${denied.body.trim()}`);
  }
  for (let way = 0; way < ways; way += 1) {
    const signed = await call(path, sign(path));
    assert.equal(signed.status, 200, signed.body);
  }
  for (let way = 0; way < ways; way += 1) {
    const forged = await call(path, sign(path, "another secret"));
    assert.equal(forged.status, 403);
  }
  say("✓ a call signed with SigV4 is let through, one signed with another secret is not");
}

async function followsNewWeights({ client, setup, call, sign, inForce, say }: Place): Promise<void> {
  const input = {
    serviceIdentifier: setup.serviceId,
    listenerIdentifier: setup.listenerId,
    defaultAction: {
      forward: {
        targetGroups: [
          { targetGroupIdentifier: setup.instanceTargetGroupId, weight: 0 },
          { targetGroupIdentifier: setup.functionTargetGroupId, weight: 100 },
        ],
      },
    },
  };
  await client.send(new UpdateListenerCommand(input));
  await inForce();
  say(`✓ the weights are now 0 : 100\n    ${awsCliCommand("UpdateListener", input)}`);
  const answers = await Promise.all(Array.from({ length: 50 }, () => call("/", sign("/"))));
  const bodies = new Set(answers.map(({ status, body }) => `${status} ${body}`));
  assert.deepEqual([...bodies], ['200 "Hello from the function"']);
  say("✓ every call goes to the function, from the first after the change on");
}
