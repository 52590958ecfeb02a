import type { LambdaInvoker } from "@pergola/core";
import { Secret } from "@pergola/iam";
import { expect, it } from "vitest";
import { groupArn, groupId, host, openWorld, vpcId } from "../../packages/data-plane/src/testing/world.ts";
import { signedHeaders } from "../harness/plain-client.ts";
import { sceneUser } from "../harness/scene.ts";
import { guardedBy, when } from "./auth-policy.ts";
import { ask, forwardOnly, openRecordingWorld, valuesOf } from "./recording-target.ts";

const ownNames = [
  "x-amzn-lattice-identity",
  "x-amzn-lattice-identity-tags",
  "x-amzn-lattice-network",
  "x-amzn-lattice-target",
  "x-amzn-source-vpc",
] as const;

const forged = (spell: (name: string) => string) => (names: readonly string[]) =>
  names.map((name) => `${spell(name)}: forged`);

const spellings: readonly (readonly [what: string, lines: (names: readonly string[]) => string[], body?: string])[] = [
  ["as it is", forged((name) => name)],
  ["in upper case", forged((name) => name.toUpperCase())],
  ["in title case", forged((name) => name.replace(/(^|-)./g, (start) => start.toUpperCase()))],
  ["with underscores", forged((name) => name.replaceAll("-", "_"))],
  ["with one underscore", forged((name) => name.replace("-", "_"))],
  ["twice", (names) => [...names, ...names].map((name) => `${name}: forged`)],
  ["without a blank", (names) => names.map((name) => `${name}:forged`)],
  ["with a tab", (names) => names.map((name) => `${name}:\tforged\t`)],
  [
    "named by Connection",
    (names) => [`Connection: close, ${names.join(", ")}`, ...names.map((name) => `${name}: forged`)],
  ],
  [
    "as a trailer",
    (names) => ["Transfer-Encoding: chunked", `Trailer: ${names.join(", ")}`],
    "1\r\na\r\n0\r\nNAME: forged\r\n\r\n",
  ],
];

const cases = ownNames.flatMap((name) =>
  spellings.map(([what, lines, body]) => [name, what, lines([name]), body] as const),
);

it.each(cases)("nobody tells a target of an own %s, written %s", async (name, _what, lines, body = "") => {
  const world = await openRecordingWorld();

  const { status } = await ask(world, "POST /", lines, body.replace("NAME", name));

  expect(status).toBe(200);
  expect(JSON.stringify(world.seen)).not.toContain("forged");
  expect(world.seen.flatMap((one) => valuesOf(one, "x-amzn-lattice-identity"))).toEqual([]);
  expect(world.seen.flatMap((one) => valuesOf(one, "x-amzn-source-vpc"))).toEqual([vpcId]);
});

it.each([
  ["folded", "X-A: b\r\n x-amzn-lattice-identity: forged"],
  ["after a bare line feed", "X-A: b\nx-amzn-lattice-identity: forged"],
  ["after a bare carriage return", "X-A: b\rx-amzn-lattice-identity: forged"],
  ["with a blank before the colon", "x-amzn-lattice-identity : forged"],
  ["with a zero byte in the name", "x-amzn-lattice\x00-identity: forged"],
  ["with a letter that folds to ASCII", "x-amzn-lattice-\xc4\xb1dentity: forged"],
])("a header of the network's, %s: 400", async (_what, line) => {
  const world = await openRecordingWorld();

  expect((await ask(world, "GET /", [line])).status).toBe(400);
  expect(world.seen).toEqual([]);
});

it.each(["V1", "V2"] as const)("a function gets no forged header in an event of %s", async (version) => {
  const events: string[] = [];
  const invoke: LambdaInvoker["invoke"] = async (_arn, payload) => {
    events.push(payload);
    return { payload: Buffer.from('{"statusCode":200}') };
  };
  const world = await openWorld({ invoke });
  const config = { lambdaEventStructureVersion: version };
  await world.putService({ targetGroups: { [groupId]: { id: groupId, arn: groupArn, type: "LAMBDA", config } } });
  await world.putTargets({ id: "arn:aws:lambda:us-west-2:123456789012:function:f" });
  for (const [, lines, body = ""] of spellings) {
    expect((await ask(world, "POST /", lines(ownNames), body.replace("NAME", ownNames[0]))).status).toBe(200);
  }

  expect(events).toHaveLength(spellings.length);
  for (const event of events) {
    expect(event).not.toContain("forged");
    const { headers, requestContext } = JSON.parse(event);
    expect(Object.keys(headers).filter((name) => name.includes("_"))).toEqual([]);
    expect(headers["x-amzn-lattice-identity"]).toBeUndefined();
    if (version === "V2") expect(requestContext.identity).toEqual({ sourceVpcArn: expect.stringContaining(vpcId) });
  }
});

it.each([...ownNames, "x-forwarded-proto", "X_Forwarded_Port", "X_AMZN_SOURCE_VPC"])(
  "neither a policy nor a rule goes by a caller's %s",
  async (name) => {
    const world = await openRecordingWorld();
    const wanted = name.toLowerCase().replaceAll("_", "-");
    await world.putService(guardedBy(when("StringEquals", `RequestHeader/${wanted}`, "forged")));
    expect((await ask(world, "GET /", [`${name}: forged`])).status).toBe(403);

    const headerMatches = [{ name: wanted, match: { exact: "forged" } }];
    await world.putService({ listeners: forwardOnly({ headerMatches }) });
    expect((await ask(world, "GET /", [`${name}: forged`])).status).toBe(404);
    expect(world.seen).toEqual([]);
  },
);

const tags: Readonly<Record<string, string>> = {
  team: "a;principal=arn:aws:iam::123456789012:role/admin",
  "k=v": "x",
  k: "v=x",
  principal: "arn:aws:iam::123456789012:role/admin",
  PrincipalOrgID: "o-forged",
  "a;principal": "role/admin",
  line: "1\r\nx-amzn-lattice-identity: forged",
  city: "Zürich",
  "%": "Z%C3%BCrich",
  back: "\\",
  long: "€".repeat(256),
};

/** Reads the header as AWS's guide says: fields end at a `;` that no backslash stands before. */
function fieldsOf(header: string): [string, string][] {
  const fields = header.match(/(?:\\.|[^;\\])+/g) ?? [];
  return fields.map((field) => {
    const [, name = "", value = ""] = /^((?:\\.|[^=\\])*)=(.*)$/.exec(field) ?? [];
    const plain = (text: string): string => decodeURIComponent(text.replace(/\\(.)/g, "$1"));
    return [plain(name), plain(value)];
  });
}

it("a caller's tags reach the target whole, and none is a second word on who is calling", async () => {
  const arn = "arn:aws:sts::123456789012:assumed-role/web/s";
  const principal = { kind: "aws", type: "AssumedRole", arn, account: "123456789012", sessionName: "s", tags } as const;
  const { accessKeyId, secretAccessKey } = sceneUser;
  const credential = { accessKeyId, secret: new Secret(secretAccessKey), principal };
  const world = await openRecordingWorld({ credentials: () => credential });
  const signed = Object.entries(signedHeaders(host, "GET", "/")).filter(([name]) => name.toLowerCase() !== "host");
  const lines = signed.map(([name, value]) => `${name}: ${value}`);

  expect((await ask(world, "GET /", lines)).status).toBe(200);
  const [seen] = world.seen;
  const [header = ""] = seen === undefined ? [] : valuesOf(seen, "x-amzn-lattice-identity-tags");
  const { principal: _principal, PrincipalOrgID: _org, ...told } = tags;
  expect(fieldsOf(header)).toEqual([["principal", arn], ...Object.entries(told)]);
  expect(seen && valuesOf(seen, "x-amzn-lattice-identity")).toEqual([`Principal=${arn}; SessionName=s; Type=AWS_IAM`]);
});
