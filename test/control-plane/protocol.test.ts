import * as latticeClient from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { account, type ControlPlaneHarness, region, startControlPlane } from "../harness/control-plane.ts";
import { failureOf, freshName, newListener, newService } from "../harness/lattice-resources.ts";

let plane: ControlPlaneHarness;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

describe("routes", () => {
  it.each([
    ["GET", "/nothing"],
    ["GET", "/"],
    ["PUT", "/services"],
    ["GET", "/services//listeners"],
    ["GET", "/services/"],
    ["GET", `/services/arn:aws:vpc-lattice:${region}:${account}:service/svc-0123456789abcdef0`],
  ])("%s %s is no operation", async (method, target) => {
    const answer = await plane.send(method, target);

    expect(answer).toMatchObject({ status: 404, headers: { "x-amzn-errortype": "UnknownOperationException" } });
    expect(answer.json).toMatchObject({ reason: "unknownOperation", message: expect.stringContaining("no operation") });
  });

  it("a path of 16 KB and more is no operation", async () => {
    expect(await plane.send("GET", `/services/${"a".repeat(16_384)}`)).toMatchObject({ status: 404 });
  });

  it.each(["/services/%", "/services/%zz", "/services/%ff", "/services/%c3%28", "/services/svc-%e2%82/listeners"])(
    "%s is badly encoded",
    async (target) => {
      const answer = await plane.send("GET", target);

      expect(answer).toMatchObject({ status: 400, headers: { "x-amzn-errortype": "ValidationException" } });
      expect(answer.json).toMatchObject({ reason: "cannotParse" });
    },
  );

  it("labels are decoded after the path is split, so an ARN is one label", async () => {
    const service = await newService(plane.client);

    const answer = await plane.send("GET", `/services/${encodeURIComponent(service.arn)}`);

    expect(answer).toMatchObject({ status: 200, json: { id: service.id, arn: service.arn } });
  });

  it("a label is decoded once only", async () => {
    const service = await newService(plane.client);

    const answer = await plane.send("GET", `/services/${encodeURIComponent(encodeURIComponent(service.arn))}`);

    expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: "serviceIdentifier" }] } });
  });
});

describe("bodies", () => {
  const wrong: readonly { body: string | Uint8Array; fields?: readonly string[] }[] = [
    { body: "{" },
    { body: "[]" },
    { body: '"orders"' },
    { body: "null" },
    { body: '{"name":"orders"} x' },
    { body: Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) },
    { body: '{"name":1}', fields: ["name"] },
    { body: '{"name":["orders"]}', fields: ["name"] },
    { body: '{"name":"orders","idleTimeoutSeconds":"60"}', fields: ["idleTimeoutSeconds"] },
    { body: '{"name":"orders","idleTimeoutSeconds":1e999}', fields: ["idleTimeoutSeconds"] },
    { body: '{"name":"orders","tags":[]}', fields: ["tags"] },
    { body: '{"name":"orders","tags":{"a":null,"b":{}}}', fields: ["tags.a", "tags.b"] },
    { body: '{"name":{},"authType":false}', fields: ["name", "authType"] },
    { body: `{"name":${"[".repeat(5000)}${"]".repeat(5000)}}`, fields: ["name"] },
  ];

  it.each(wrong)("%j cannot be parsed", async ({ body, fields }) => {
    const answer = await plane.send("POST", "/services", body);

    expect(answer).toMatchObject({ status: 400, headers: { "x-amzn-errortype": "ValidationException" } });
    expect(answer.json).toMatchObject({ reason: "cannotParse" });
    const { fieldList = [] } = answer.json as { fieldList?: { name: string }[] };
    expect(fieldList.map(({ name }) => name).sort()).toEqual([...(fields ?? [])].sort());
  });

  it.each([
    ["no member", { match: {} }],
    ["two members", { match: { httpMatch: { pathMatch: { match: { exact: "/a", prefix: "/b" } } } } }],
    ["an unknown member", { match: { tcpMatch: {} } }],
    ["null", { match: { httpMatch: null } }],
  ])("a union with %s is refused", async (_, { match }) => {
    const service = await newService(plane.client);
    const listener = await newListener(plane.client, service.id);
    const action = { fixedResponse: { statusCode: 404 } };
    const body = JSON.stringify({ name: "abc", priority: 1, match, action });

    const answer = await plane.send("POST", `/services/${service.id}/listeners/${listener.id}/rules`, body);

    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.json)).toContain("exactly one of");
  });

  it("unknown members are ignored, and null counts as absent", async () => {
    const body = JSON.stringify({ name: freshName("service"), colour: "blue", authType: null, tags: null });

    const answer = await plane.send("POST", "/services", body);

    expect(answer).toMatchObject({ status: 201, json: { authType: "NONE" } });
    expect(answer.json).not.toHaveProperty("colour");
  });

  it("an empty body is an empty input: every required member is named", async () => {
    const service = await newService(plane.client);

    const answer = await plane.send("POST", `/services/${service.id}/listeners`);

    expect(answer).toMatchObject({ status: 400, json: { reason: "fieldValidationFailed" } });
    const { fieldList } = answer.json as { fieldList: { name: string }[] };
    expect(fieldList.map(({ name }) => name).sort()).toEqual(["defaultAction", "name", "protocol"]);
  });
});

describe("query strings", () => {
  it.each(["maxResults=0", "maxResults=101", "nextToken=", "nextToken=abc", "nextToken=WyJ4IiwiYSJd"])(
    "%s is out of bounds",
    async (query) => {
      const answer = await plane.send("GET", `/services?${query}`);

      expect(answer).toMatchObject({ status: 400, json: { reason: "fieldValidationFailed" } });
    },
  );

  it.each(["maxResults=ten", "maxResults=1.5", "maxResults=1&maxResults=2", "maxResults=%zz"])(
    "%s cannot be parsed",
    async (query) => {
      const answer = await plane.send("GET", `/services?${query}`);

      expect(answer).toMatchObject({ status: 400, json: { reason: "cannotParse" } });
    },
  );

  it("a page token with characters that no key has is refused, not passed to the store", async () => {
    const token = Buffer.from(JSON.stringify(["services", "svc-\0\ud800"])).toString("base64url");

    const answer = await plane.send("GET", `/services?nextToken=${token}`);

    expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: "nextToken" }] } });
  });
});

describe("answers", () => {
  it("carry a request id of their own", async () => {
    const ids = await Promise.all([1, 2, 3].map(async () => (await plane.send("GET", "/services")).headers));

    expect(new Set(ids.map((headers) => headers["x-amzn-requestid"])).size).toBe(3);
  });

  it("tell times as ISO 8601 in UTC with milliseconds", async () => {
    const service = await newService(plane.client);

    const { json } = await plane.send("GET", `/services/${service.id}`);
    const typed = await plane.client.getService({ serviceIdentifier: service.id });

    const { createdAt, lastUpdatedAt } = json as { createdAt: string; lastUpdatedAt: string };
    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(lastUpdatedAt).toBe(createdAt);
    expect(typed.createdAt?.toISOString()).toBe(createdAt);
  });

  it("of a 204 have no body", async () => {
    const service = await newService(plane.client);
    const listener = await newListener(plane.client, service.id);

    const answer = await plane.send("DELETE", `/services/${service.id}/listeners/${listener.id}`);

    expect(answer).toMatchObject({ status: 204, body: "" });
  });

  it("of a fault in Pergola say 500 and the request id, nothing of the fault", async () => {
    await using broken = await startControlPlane({
      ids: {
        resourceId: () => {
          throw new Error("a secret of the process");
        },
        requestId: () => "request-1",
      },
    });

    const answer = await broken.send("POST", "/services", '{"name":"orders"}');

    expect(answer).toMatchObject({ status: 500, headers: { "x-amzn-errortype": "InternalServerException" } });
    expect(answer.body).toContain("request-1");
    expect(answer.body).not.toContain("secret");
    expect(broken.faults).toHaveLength(1);
    const typed = await failureOf(broken.client.createService({ name: "orders" }));
    expect(typed).toBeInstanceOf(latticeClient.InternalServerException);
  });
});

describe("errors", () => {
  it("reach the client typed, with the model's members", async () => {
    const unknown = await failureOf(plane.client.getService({ serviceIdentifier: "svc-00000000000000000" }));
    const malformed = await failureOf(plane.client.getService({ serviceIdentifier: "orders" }));

    expect(unknown).toBeInstanceOf(latticeClient.ResourceNotFoundException);
    expect(unknown).toMatchObject({ resourceId: "svc-00000000000000000", resourceType: "SERVICE" });
    expect(malformed).toBeInstanceOf(latticeClient.ValidationException);
    expect(malformed).toMatchObject({ reason: "fieldValidationFailed", fieldList: [{ name: "serviceIdentifier" }] });
  });
});
