import { expect, it } from "vitest";
import { guardedBy, when } from "./auth-policy.ts";
import { ask, forwardOnly, openRecordingWorld, valuesOf } from "./recording-target.ts";

const onlyGold = guardedBy(when("StringEquals", "RequestHeader/X-Tenant", "gold"));
const notEvil = guardedBy({}, { Effect: "Deny", ...when("StringEquals", "RequestHeader/x-tenant", "evil") });

it.each<[string, string[], number]>([
  ["the value", ["X-Tenant: gold"], 200],
  ["the name in another case", ["x-TENANT: gold"], 200],
  ["blanks around the value", ["X-Tenant: \t gold \t"], 200],
  ["no blank", ["X-Tenant:gold"], 200],
  ["no such header", [], 403],
  ["another value", ["X-Tenant: iron"], 403],
  ["the value in another case", ["X-Tenant: Gold"], 403],
  ["the value twice", ["X-Tenant: gold", "X-Tenant: gold"], 403],
  ["another value after it", ["X-Tenant: gold", "x-tenant: iron"], 403],
  ["another value before it", ["X-Tenant: iron", "X-Tenant: gold"], 403],
  ["a list", ["X-Tenant: gold, iron"], 403],
  ["the name with an underscore", ["X_Tenant: gold"], 403],
  ["both spellings", ["X-Tenant: gold", "X_Tenant: iron"], 400],
  ["both spellings, the other way round", ["x_tenant: iron", "X-Tenant: gold"], 400],
  ["a blank in the name", ["X-Tenant : gold"], 400],
  ["bytes that are not ASCII", ["X-Tenant: gold\xa0"], 403],
  ["a no-break space before it", ["X-Tenant: \xa0gold"], 403],
  ["a quoted value", ['X-Tenant: "gold"'], 403],
  ["named by Connection: the target would not see it", ["X-Tenant: gold", "Connection: close, x-tenant"], 403],
  ["named by a second Connection", ["Connection: X-TENANT", "X-Tenant: gold", "Connection: close"], 403],
])("a header that has to be there: %s", async (_what, lines, status) => {
  const world = await openRecordingWorld();
  await world.putService(onlyGold);

  expect((await ask(world, "GET /", lines)).status).toBe(status);
  expect(world.seen.flatMap((one) => valuesOf(one, "x-tenant"))).toEqual(status === 200 ? ["gold"] : []);
});

it.each<[string, string[], number]>([
  ["the value", ["X-Tenant: evil"], 403],
  ["the name in another case", ["X-TENANT: evil"], 403],
  ["blanks around the value", ["X-Tenant:   evil  "], 403],
  ["another value before it", ["X-Tenant: good", "X-Tenant: evil"], 403],
  ["another value after it", ["X-Tenant: evil", "X-Tenant: good"], 403],
  ["the name with an underscore", ["X_Tenant: evil"], 403],
  ["both spellings", ["X-Tenant: good", "X_Tenant: evil"], 400],
  ["a folded value", ["X-Tenant:", " evil"], 400],
  ["another value", ["X-Tenant: good"], 200],
  ["no such header", [], 200],
])("a header that must not be there: %s", async (_what, lines, status) => {
  const world = await openRecordingWorld();
  await world.putService(notEvil);

  expect((await ask(world, "GET /", lines)).status).toBe(status);
  expect(world.seen).toHaveLength(status === 200 ? 1 : 0);
});

it("hides from the target what a Connection header hides from the policy", async () => {
  const world = await openRecordingWorld();
  await world.putService(notEvil);

  expect((await ask(world, "GET /", ["X-Tenant: evil", "Connection: X-Tenant, close"])).status).toBe(200);
  expect(world.seen.flatMap((one) => valuesOf(one, "x-tenant"))).toEqual([]);
});

it.each<[string, string[], number]>([
  ["the header", ["X-Beta: on"], 200],
  ["in another case", ["x-bETA: ON"], 200],
  ["one of several", ["X-Beta: off", "X-Beta: on"], 200],
  ["with an underscore", ["X_Beta: on"], 404],
  ["named by Connection", ["X-Beta: on", "Connection: close, x-beta"], 404],
])("a rule on a header: %s", async (_what, lines, status) => {
  const world = await openRecordingWorld();
  const headerMatches = [{ name: "x-beta", match: { exact: "on" } }];
  await world.putService({ listeners: forwardOnly({ headerMatches }) });

  expect((await ask(world, "GET /", lines)).status).toBe(status);
  expect(world.seen).toHaveLength(status === 200 ? 1 : 0);
});

it.each<[string, string[]]>([
  ["Transfer-Encoding with an underscore", ["Transfer_Encoding: chunked"]],
  ["Content-Length with an underscore", ["Content_Length: 5"]],
  ["chunked and a Content-Length with an underscore", ["Transfer-Encoding: chunked", "content_length: 0"]],
  ["identity", ["Transfer-Encoding: identity"]],
  ["chunked and identity", ["Transfer-Encoding: chunked, identity"]],
  ["a comma before chunked", ["Transfer-Encoding: , chunked"]],
  ["a blank after chunked's comma", ["Transfer-Encoding: chunked,"]],
  ["chunked with a parameter", ["Transfer-Encoding: chunked;q=1"]],
  ["chunked after a no-break space", ["Transfer-Encoding: \xa0chunked"]],
  [
    "chunked hidden by Connection beside a length",
    ["Connection: Transfer-Encoding", "Transfer-Encoding: chunked", "Content-Length: 3"],
  ],
])("framing that two servers could read differently: %s: 400", async (_what, lines) => {
  const world = await openRecordingWorld();
  const { status } = await ask(world, "POST /", lines, "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");

  expect(status).toBe(400);
  expect(world.seen).toEqual([]);
});

it("frames the body for the target itself, whatever Connection names", async () => {
  const world = await openRecordingWorld();
  const named = "Connection: close, content-length, transfer-encoding, host, content-type";

  expect((await ask(world, "POST /a", [named, "Content-Type: a/b", "Content-Length: 3"], "abc")).status).toBe(200);
  expect((await ask(world, "POST /b", [named, "Transfer-Encoding: chunked"], "3\r\nabc\r\n0\r\n\r\n")).status).toBe(
    200,
  );
  expect(world.seen.map(({ body }) => body)).toEqual(["abc", "abc"]);
});
