import { expect, it } from "vitest";
import { guardedBy, when } from "./auth-policy.ts";
import { ask, forwardOnly, openRecordingWorld } from "./recording-target.ts";

const onlyGet = guardedBy(when("StringEquals", "RequestMethod", ["GET", "POST"]));
const noDelete = guardedBy({}, { Effect: "Deny", ...when("StringEquals", "RequestMethod", "DELETE") });

it.each([
  ["DELETE", 403],
  ["delete", 400],
  ["Get", 400],
  ["GETS", 400],
  ["G", 400],
  ["TRACE", 403],
  ["PROPFIND", 403],
  ["CONNECT", 400],
  ["PRI", 400],
  ["GET", 200],
  ["POST", 200],
])("a policy that allows GET and POST: %s: %i", async (method, status) => {
  const world = await openRecordingWorld();
  await world.putService(onlyGet);

  expect((await ask(world, `${method} /`)).status).toBe(status);
  expect(world.seen).toHaveLength(status === 200 ? 1 : 0);
});

it.each<[string, string[], number]>([
  ["X-HTTP-Method-Override", ["X-HTTP-Method-Override: DELETE"], 403],
  ["in lower case", ["x-http-method-override: delete"], 403],
  ["X-HTTP-Method", ["X-HTTP-Method: DELETE"], 403],
  ["X-Method-Override", ["X-Method-Override: DELETE"], 403],
  ["with underscores", ["X_HTTP_METHOD_OVERRIDE: DELETE"], 403],
  ["in a list", ["X-HTTP-Method-Override: POST, DELETE"], 403],
  ["twice", ["X-HTTP-Method-Override: POST", "X-HTTP-Method-Override: DELETE"], 403],
  ["in two headers", ["X-HTTP-Method: POST", "X-Method-Override: DELETE"], 403],
  ["of the same method", ["X-HTTP-Method-Override: POST"], 200],
  ["empty", ["X-HTTP-Method-Override:"], 200],
])("a policy without DELETE: POST with a method override, %s: %i", async (_what, lines, status) => {
  for (const policy of [onlyGet, noDelete]) {
    const world = await openRecordingWorld();
    await world.putService(policy);

    expect((await ask(world, "POST /", [...lines, "Content-Length: 0"])).status).toBe(status);
    expect(world.seen).toHaveLength(status === 200 ? 1 : 0);
  }
});

it("passes a method override on, and rules go by the method of the request line", async () => {
  const world = await openRecordingWorld();
  await world.putService({ listeners: forwardOnly({ method: "POST" }) });
  const override = ["X-HTTP-Method-Override: DELETE", "Content-Length: 0"];

  expect((await ask(world, "POST /", override)).status).toBe(200);
  expect((await ask(world, "DELETE /", ["X-HTTP-Method-Override: POST"])).status).toBe(404);
  expect(world.seen.map(({ method }) => method)).toEqual(["POST"]);
  expect(world.seen[0]?.rawHeaders).toContain("X-HTTP-Method-Override");
});
