import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { forwardTo, newListener, newRule } from "../harness/lattice-resources.ts";
import { type LogPlaces, logToBoth, type OpenService, openService, policyOf } from "../harness/open-service.ts";
import { inParallel, openPlainClient, type PlainAnswer, signedHeaders } from "../harness/plain-client.ts";
import { openScene, type Scene, sceneUser } from "../harness/scene.ts";
import { entriesWithin, type LogEntry, readBucket, readLogGroup } from "../walkthrough/access-log-files.ts";

const count = 10_000;
const concurrency = 64;
const echo = `export const handler = async ({ method, body = "", isBase64Encoded }) => ({
  statusCode: 200,
  body: method + " " + Buffer.from(body, isBase64Encoded ? "base64" : "utf8").toString(),
});`;

/** What is sent in turn, and what has to come back. */
const kinds = [
  { method: "GET", path: "/instance/a", signed: false, status: 200 },
  { method: "GET", path: "/instance/a", signed: false, status: 200 },
  { method: "POST", path: "/instance/b", signed: false, status: 200 },
  { method: "GET", path: "/instance/c?x=%20y", signed: true, status: 200 },
  { method: "GET", path: "/function/a", signed: false, status: 200 },
  { method: "POST", path: "/function/b", signed: true, status: 200 },
  { method: "GET", path: "/nowhere", signed: false, status: 404 },
  { method: "GET", path: "/instance/users-only", signed: false, status: 403 },
  { method: "GET", path: "/instance/users-only", signed: true, status: 200 },
  { method: "POST", path: "/instance/d", signed: true, status: 200 },
] as const;

let scene: Scene;
let service: OpenService;
let places: LogPlaces;

beforeAll(async () => {
  scene = await openScene({ echo });
  const { client } = scene;
  const program = await scene.startProgram((request, response) => {
    text(request).then(
      (body) => response.end(`${request.method} ${body}`),
      (error: Error) => response.destroy(error),
    );
  });
  service = await openService(client, "iam");
  const listener = await newListener(client, service.id);
  const groups = { instance: await scene.groupOf(program), function: await scene.groupOfFunction("echo") };
  for (const [priority, [name, group]] of Object.entries(groups).entries()) {
    const match = { httpMatch: { pathMatch: { match: { prefix: `/${name}` } } } };
    await newRule(client, service.id, listener.id, { priority: priority + 1, match, action: forwardTo(group.id) });
  }
  const usersOnly = {
    Effect: "Deny",
    Resource: "*/instance/users-only",
    Condition: { StringEqualsIgnoreCase: { "aws:PrincipalType": "Anonymous" } },
  };
  await client.putAuthPolicy({ resourceIdentifier: service.id, policy: policyOf({}, usersOnly) });
  await client.putAuthPolicy({ resourceIdentifier: service.networkId, policy: policyOf({}) });
  places = await logToBoth(client, service.id);
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});

it("answers 10,000 requests of every kind, and logs each exactly once in each place", {
  timeout: 120_000,
}, async () => {
  using client = openPlainClient(service.host, scene.pergola.httpPort, concurrency);
  const answers = new Map<string, PlainAnswer>();
  const wrong: string[] = [];
  await inParallel(count, concurrency, async (index) => {
    const { method, path, signed, status } = kinds[index % kinds.length] as (typeof kinds)[number];
    const sent = method === "POST" ? { body: `body ${index} ${"x".repeat(index % 2_000)}` } : {};
    const headers = signed ? signedHeaders(service.host, method, path) : {};
    const answer = await client.send({ method, path, headers, ...sent });
    const isRight = answer.status === status && (status !== 200 || answer.body === `${method} ${sent.body ?? ""}`);
    if (!isRight) wrong.push(`${index} ${method} ${path}: ${answer.status} ${answer.body.slice(0, 200)}`);
    answers.set(answer.requestId, answer);
  });

  expect(wrong.slice(0, 5)).toEqual([]);
  expect(answers.size).toBe(count);
  const group = await entriesWithin(() => readLogGroup(scene.dataDir, places.group), count);
  const bucket = await entriesWithin(() => readBucket(scene.dataDir, places.bucket), count);
  for (const entries of [group, bucket]) {
    expect(entries).toHaveLength(count);
    expect(new Set(entries.map(({ requestId }) => requestId)).size).toBe(count);
    expect(entries.filter((entry) => answers.get(entry.requestId)?.status !== entry.responseCode)).toEqual([]);
    expect(userCounts(entries)).toEqual({ [sceneUser.principal]: count * 0.4, Anonymous: count * 0.6 });
  }
  expect(scene.pergola.output()).not.toMatch(/ error | warn /);
});

function userCounts(entries: readonly LogEntry[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { resolvedUser } of entries) counts[resolvedUser] = (counts[resolvedUser] ?? 0) + 1;
  return counts;
}
