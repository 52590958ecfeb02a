import { type Credential, readAuthPolicy } from "@pergola/iam";
import { expect, it } from "vitest";
import { credential, roleSession, type SigningChoices, signedHeaders } from "./testing/signed-headers.ts";
import {
  account,
  host,
  listener,
  openTarget,
  openWorld,
  type Reply,
  send,
  serviceArn,
  type World,
} from "./testing/world.ts";

const invoke = "vpc-lattice-svcs:Invoke";
const policy = (...statements: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allowAll = policy({ Effect: "Allow", Principal: "*", Action: invoke, Resource: "*" });
const allowRole = policy({
  Effect: "Allow",
  Principal: { AWS: `arn:aws:iam::${account}:role/web` },
  Action: invoke,
  Resource: "*",
});
const denyAdmin = policy(
  { Effect: "Allow", Principal: "*", Action: invoke, Resource: "*" },
  { Effect: "Deny", Principal: "*", Action: invoke, Resource: `${serviceArn}/admin*` },
);
const identityAllow = policy({ Effect: "Allow", Action: invoke, Resource: "*" });
const identityOther = policy({ Effect: "Allow", Action: "s3:GetObject", Resource: "*" });

function read(text: string): object {
  return readAuthPolicy(text) ?? {};
}

async function openAuthWorld(known: Partial<Credential> = {}): Promise<World> {
  const all = { ...credential, ...known };
  const world = await openWorld({ credentials: (id) => (id === all.accessKeyId ? all : undefined) });
  await world.putTargets(await openTarget((request, response) => response.end(JSON.stringify(request.headers))));
  return world;
}

interface Signing extends SigningChoices {
  readonly change?: Record<string, string>;
}

async function sendSigned(world: World, path: string, given: Signing = {}): Promise<Reply> {
  return send(world.port, path, { headers: { ...(await signedHeaders("GET", path, given)), ...given.change } });
}

it("lets everybody in where no authType asks for more", async () => {
  const world = await openAuthWorld();
  expect((await send(world.port, "/")).status).toBe(200);
});

it.each<[string, object, object, string, string, boolean]>([
  ["the network has no policy", { authType: "AWS_IAM" }, {}, "Network", "network", false],
  ["the service has no policy", {}, { authType: "AWS_IAM" }, "Service", "service", false],
  [
    "both have none: the network is named",
    { authType: "AWS_IAM" },
    { authType: "AWS_IAM" },
    "Network",
    "network",
    false,
  ],
  ["the network allows others", { authType: "AWS_IAM", authPolicy: allowRole }, {}, "Network", "network", false],
  ["the service allows others", {}, { authType: "AWS_IAM", authPolicy: allowRole }, "Service", "service", false],
  [
    "the network allows, the service does not",
    { authType: "AWS_IAM", authPolicy: allowAll },
    { authType: "AWS_IAM", authPolicy: allowRole },
    "Service",
    "service",
    false,
  ],
  ["the service denies", {}, { authType: "AWS_IAM", authPolicy: denyAdmin }, "Service", "service", true],
  ["the policy cannot be read", {}, { authType: "AWS_IAM", authPolicy: "{" }, "Service", "service", false],
])("denies an anonymous request when %s", async (_name, network, service, authDeniedReason, side, isExplicit) => {
  const world = await openAuthWorld();
  await world.putNetwork(network);
  // A denial comes before rules: not even a fixed response shows.
  await world.putService({
    ...service,
    listeners: [listener(80, { defaultAction: { kind: "fixed-response", statusCode: 500 } })],
  });

  const reply = await send(world.port, "/admin/x?secret=1");

  const reason = isExplicit
    ? `with an explicit deny in a ${side}-based policy`
    : `because no ${side}-based policy allows the ${invoke} action`;
  expect(reply).toMatchObject({
    status: 403,
    body: `AccessDeniedException: User: anonymous is not authorized to perform: ${invoke} on resource: ${serviceArn}/admin/x ${reason}\n`,
  });
  expect((await world.records(1))[0]).toMatchObject({
    responseCode: 403,
    failureReason: "ClientAccessDenied",
    authDeniedReason,
    resolvedUser: "Anonymous",
    targetIpPort: "-",
    targetGroupArn: "-",
    requestToTargetDuration: 0,
  });
  expect(world.plane.metrics().denied).toBe(1);
});

it.each<[string, object, number]>([
  [
    "the policy as it was read, where the snapshot has it",
    { authPolicy: allowRole, authStatements: read(allowAll) },
    200,
  ],
  [
    "the text, where it was read into another form",
    { authPolicy: allowAll, authStatements: { form: 99, statements: [] } },
    200,
  ],
  [
    "nothing, where what was read makes no sense",
    { authPolicy: allowAll, authStatements: { form: 1, statements: [{}] } },
    403,
  ],
  ["nothing, where there is no text", { authStatements: read(allowAll) }, 403],
])("decides by %s", async (_name, policies, status) => {
  const world = await openAuthWorld();
  await world.putService({ authType: "AWS_IAM", ...policies });

  expect((await send(world.port, "/")).status).toBe(status);
});

it("lets a signed caller in, tells the target who it is, and keeps the signature from it", async () => {
  const world = await openAuthWorld();
  await world.putNetwork({ authType: "AWS_IAM", authPolicy: allowAll });
  await world.putService({ authType: "AWS_IAM", authPolicy: allowRole });

  const reply = await sendSigned(world, "/a");

  expect(reply.status).toBe(200);
  const seen = JSON.parse(reply.body) as Record<string, string>;
  expect(seen["x-amzn-lattice-identity"]).toBe(
    `Principal=${roleSession}; PrincipalOrgID=o-ab12cd34ef; SessionName=s1; Type=AWS_IAM`,
  );
  expect(seen["x-amzn-lattice-identity-tags"]).toBe(`principal=${roleSession};principalorgid=o-ab12cd34ef;team=blue`);
  expect(seen.authorization).toBeUndefined();
  expect(seen["x-amz-security-token"]).toBeUndefined();
  expect((await world.records(1))[0]).toMatchObject({
    resolvedUser: roleSession,
    callerPrincipal: roleSession,
    callerPrincipalOrgID: "o-ab12cd34ef",
    callerPrincipalTags: "team=blue",
    failureReason: "-",
  });
});

it.each<[string, Signing]>([
  ["with the wrong secret", { secret: "another-secret" }],
  ["for the API of the control plane", { service: "vpc-lattice" }],
  ["ten minutes ago", { signedAt: new Date(Date.now() - 600_000) }],
  ["and then its Host's port changed", { change: { host: `${host}:81` } }],
  ["with another session token", { change: { "x-amz-security-token": "stolen" } }],
  ["with a payload hash", { change: { "x-amz-content-sha256": "a".repeat(64) } }],
  ["with half an Authorization header", { change: { authorization: "AWS4-HMAC-SHA256 Credential=x" } }],
])("refuses a request that was signed %s, even without authType", async (_name, signing) => {
  const world = await openAuthWorld();

  const reply = await sendSigned(world, "/", signing);

  expect(reply.status).toBe(403);
  expect(reply.body).toMatch(/^[A-Za-z]+Exception: .+\n$/);
  expect((await world.records(1))[0]).toMatchObject({
    resolvedUser: "Unknown",
    callerPrincipal: "-",
    failureReason: "ClientAccessDenied",
  });
});

it.each<[string, Partial<Credential>, number]>([
  ["unknown", {}, 200],
  ["allowing", { identityPolicies: [identityAllow] }, 200],
  ["one of several allowing", { identityPolicies: [identityOther, identityAllow] }, 200],
  ["silent", { identityPolicies: [identityOther] }, 403],
  ["none at all", { identityPolicies: [] }, 403],
  ["unreadable", { identityPolicies: [identityAllow, "{"] }, 403],
  [
    "allowing within a boundary that does not",
    { identityPolicies: [identityAllow], permissionBoundary: identityOther },
    403,
  ],
  [
    "allowing within a session that does not",
    { identityPolicies: [identityAllow], sessionPolicies: [identityOther] },
    403,
  ],
  ["unknown within a session that does not allow", { sessionPolicies: [identityOther] }, 403],
])("identity policies %s", async (_name, known, status) => {
  const world = await openAuthWorld(known);
  await world.putService({ authType: "AWS_IAM", authPolicy: allowAll });

  const reply = await sendSigned(world, "/");

  expect(reply.status).toBe(status);
  if (status === 403) {
    expect(reply.body).toContain(`User: ${roleSession} is not authorized`);
    expect((await world.records(1))[0]).toMatchObject({ authDeniedReason: "Identity", resolvedUser: roleSession });
  }
});

it("has a policy change in force for the next request", async () => {
  const world = await openAuthWorld();
  for (let i = 0; i < 10; i += 1) {
    await world.putService({ authType: "AWS_IAM", authPolicy: allowAll });
    expect((await send(world.port, "/")).status).toBe(200);
    await world.putService({ authType: "AWS_IAM", authPolicy: allowRole });
    expect((await send(world.port, "/")).status).toBe(403);
  }
});
