import fc from "fast-check";
import { expect, it } from "vitest";
import { readHead } from "../../packages/data-plane/src/http/read-head.ts";
import { host, serviceArn } from "../../packages/data-plane/src/testing/world.ts";
import { anonymous, authorise, compileAuthPolicy } from "../../packages/iam/src/index.ts";
import { guardedBy, policyOf, resource } from "./auth-policy.ts";
import { ask, forwardOnly, openRecordingWorld } from "./recording-target.ts";

const notAdmin = guardedBy({}, { Effect: "Deny", ...resource("/admin*") });
const onlyPublic = guardedBy(resource("/public/*"));

it.each([
  "/public/../admin",
  "/public/./../admin",
  "/public/..",
  "/public/%2e%2e/admin",
  "/public/%2E%2E/admin",
  "/public/.%2e/admin",
  "/public/..%2fadmin",
  "/public/..%2Fadmin",
  "/public/..%5cadmin",
  "/public%2f..%2fadmin",
  "/public/%252e%252e/admin",
  "/public/..;/admin",
  "/public/..;a=b/admin",
  "/public/%c0%ae%c0%ae/admin",
  "/public/%e0%80%ae%e0%80%ae/admin",
  "/public/\\..\\..\\admin",
  "/public/x\\y",
  "/public/%61dmin",
  "/public/x%00.html",
  "/public/x%0d%0aX-Role:%20admin",
  "/public/x%",
  "/public/x%2",
  "/public/x#/../admin",
  "/public/caf\xc3\xa9",
  "/./public/x",
])("%s: 400 although the policy allows /public/*; the target is not asked", async (path) => {
  const world = await openRecordingWorld();
  await world.putService(onlyPublic);

  expect((await ask(world, `GET ${path}`)).status).toBe(400);
  expect(world.seen).toEqual([]);
});

it.each([
  ["//admin", 403],
  ["///admin", 403],
  ["//other.example.com/admin", 403],
  ["/%2Fadmin", 403],
  ["/%2fother/admin", 403],
  ["/%5Cadmin", 403],
  ["/admin%2F..", 400],
  ["/;x=1/admin", 403],
  ["/admin;x", 403],
  ["/%3bx/admin", 403],
  ["/%61dmin", 400],
  ["/%61%64%6D%69%6e", 400],
  ["/\\admin", 400],
  ["/./admin", 400],
  ["/x/../admin", 400],
  ["/admin", 403],
  ["/admin/", 403],
  ["/admin?x", 403],
  ["/admin%3Fx", 403],
  ["/admin%23x", 403],
])("%s does not get around a deny of /admin*: %i", async (path, status) => {
  const world = await openRecordingWorld();
  await world.putService(notAdmin);

  expect((await ask(world, `GET ${path}`)).status).toBe(status);
  expect(world.seen).toEqual([]);
});

it.each([
  "/public/",
  "/public/a//b",
  "/public/a%2Fb%2fc",
  "/public/a%20b",
  "/public/a;v=1",
  "/public/%25x",
  "/public/%7Ex",
  "/public/caf%c3%a9",
  "/public/...",
  "/public/.x",
  "/public/{x}|y",
])("%s is one path to policy, rule, target and log", async (path) => {
  const world = await openRecordingWorld();
  const pathMatch = { match: { exact: path }, caseSensitive: true };
  const ruled = forwardOnly({ pathMatch });
  await world.putService({ ...onlyPublic, listeners: ruled });

  expect((await ask(world, `GET ${path}?q=%61`)).status).toBe(200);
  expect(world.seen.map(({ url }) => url)).toEqual([`${path}?q=%61`]);
  await world.putService({ ...guardedBy(resource("/nothing")), listeners: ruled });
  const denied = await ask(world, `GET ${path}?q=%61`);

  expect(denied.status).toBe(403);
  expect(Buffer.from(denied.raw, "latin1").toString("utf8")).toContain(`on resource: ${serviceArn}${path} because`);
  expect((await world.records(2)).map((record) => record.requestPath)).toEqual([path, path]);
});

it.each([
  ["GET /public/x?../../admin", 200, "/public/x?../../admin"],
  ["GET /public/x??a", 200, "/public/x??a"],
  ["GET /public/x?", 200, "/public/x?"],
  ["GET /public/x%3f", 200, "/public/x%3f"],
  ["GET ?/public/x", 400, undefined],
  ["GET public/x", 400, undefined],
  ["GET *", 400, undefined],
  ["GET http://other.example.com/public/x", 400, undefined],
  ["GET //public/x", 403, undefined],
])("%s: %i", async (requestLine, status, url) => {
  const world = await openRecordingWorld();
  await world.putService(onlyPublic);

  expect((await ask(world, requestLine)).status).toBe(status);
  expect(world.seen.map((one) => one.url)).toEqual(url === undefined ? [] : [url]);
});

it("takes the path of an absolute form through the same checks, and an empty one as /", async () => {
  const world = await openRecordingWorld();
  await world.putService(notAdmin);

  expect((await ask(world, `GET http://${host}/x/../admin`)).status).toBe(400);
  expect((await ask(world, `GET http://${host}/admin`)).status).toBe(403);
  expect((await ask(world, `GET http://${host}`)).status).toBe(200);
  expect((await ask(world, `GET http://${host}?x`)).status).toBe(200);
  expect(world.seen.map(({ url }) => url)).toEqual(["/", "/?x"]);
});

/** How targets in use make a resource of a path. */
const targets: readonly (readonly [name: string, read: (path: string) => string])[] = [
  ["as it is", (path) => path],
  ["WHATWG URL", (path) => new URL(path, "http://target").pathname],
  ["WHATWG URL, then decoded", (path) => decoded(new URL(path, "http://target").pathname)],
  ["decoded", decoded],
  ["decoded, slashes merged, dots resolved", (path) => resolved(decoded(path).replace(/\/+/g, "/"))],
  ["decoded, then dots resolved by the URL parser", (path) => new URL(decoded(path), "http://target").pathname],
  ["parameters cut, decoded, dots resolved", (path) => resolved(decoded(path.replace(/;[^/]*/g, "")))],
  ["decoded, parameters cut, dots resolved", (path) => resolved(decoded(path).replace(/;[^/]*/g, ""))],
  ["decoded, backslashes as slashes", (path) => resolved(decoded(path).replaceAll("\\", "/"))],
  ["latin-1", (path) => resolved(path.replace(/%(..)/g, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16))))],
];

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function resolved(path: string): string {
  const out: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") out.pop();
    else if (segment !== "." && segment !== "") out.push(segment);
  }
  return `/${out.join("/")}`;
}

it("no spelling of a denied path is let through that any usual target reads as that path", () => {
  const policy = compileAuthPolicy(policyOf({}, { Effect: "Deny", ...resource("/admin*") }));
  const pieces = ["/", "//", "admin", "%61dmin", "adm%69n", "..", ".", "%2e", "%2E%2e", "%2f", "%2F", "\\", "%5c", ";"];
  const piece = fc.constantFrom(...pieces, ";a=b", "public", "x", "%252e", "%25", "%2561", "%00", "%c0%ae", "%3b", ":");
  let allowed = 0;
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 7 }), (all) => {
      const read = readHead("GET", `/${all.join("")}`, "HTTP/1.1", ["Host", "a.example.com"]);
      if (read === undefined) return;
      const { method, path, query, rawHeaders } = read.head;
      const facts = { principal: anonymous, action: "vpc-lattice-svcs:Invoke", resource: serviceArn + path } as const;
      const context = {
        ...facts,
        ...{ serviceArn, serviceNetworkArn: "", serviceAccount: "123456789012", serviceTags: {}, sourceIp: "10.0.0.1" },
        ...{ sourceVpc: undefined, sourceVpcOwnerAccount: undefined, port: 80, secure: false, now: new Date() },
        ...{ method, path, query, rawHeaders },
      };
      if (!authorise({ service: { policy } }, context).allowed) return;
      allowed += 1;
      for (const [name, asRead] of targets) {
        let seen: string;
        try {
          seen = asRead(path);
        } catch (error) {
          // A target that cannot read it gives nothing away.
          if (error instanceof TypeError) continue;
          throw error;
        }
        expect(seen.startsWith("/admin"), `${path} is ${seen} to a target that reads: ${name}`).toBe(false);
      }
    }),
    { numRuns: 20_000 },
  );
  expect(allowed).toBeGreaterThan(500);
});
