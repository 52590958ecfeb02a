import { sealSession } from "@pergola/iam";
import { describe, expect, it } from "vitest";
import { account, openScene, urlEvent, useBundles } from "./scene.ts";
import { kmsEnvironment, openSessionRing } from "./session-ring.ts";
import { signedHeaders } from "./signed-headers.ts";
import { readUrlResponse, type UrlResponse } from "./url-response.ts";

const { dir } = useBundles("control-plane");
const iam = {
  accessKey: "AKIA",
  accountId: "210987654321",
  callerId: "AIDA",
  cognitoIdentity: null,
  principalOrgId: null,
  userArn: "arn:aws:iam::210987654321:user/ann",
  userId: "AIDA",
};

function jsonOf({ body }: UrlResponse): Record<string, unknown> {
  return JSON.parse(body.toString());
}

describe("the control plane on Lambda", () => {
  it("serves the caller that Lambda has verified, in the caller's account and the stack's region and domain", async () => {
    const scene = await openScene();
    const entry = await scene.start(dir, "control-plane", { PERGOLA_DOMAIN: "svc.example.com" });
    const call = async (method: string, path: string, body?: string): Promise<UrlResponse> =>
      readUrlResponse(entry.invoke(urlEvent({ method, path, iam, ...(body === undefined ? {} : { body }) })));

    const created = await call("POST", "/services", JSON.stringify({ name: "shop" }));
    expect([created.statusCode, jsonOf(created)]).toMatchObject([
      201,
      {
        arn: expect.stringMatching(/^arn:aws:vpc-lattice:us-west-2:210987654321:service\/svc-/),
        dnsEntry: {
          domainName: expect.stringMatching(
            /^shop-[0-9a-f]{17}\.7d67968\.vpc-lattice-svcs\.us-west-2\.svc\.example\.com$/,
          ),
        },
      },
    ]);
    expect(jsonOf(await call("GET", "/services"))).toMatchObject({ items: [{ name: "shop" }] });
    const twice = await call("POST", "/services", JSON.stringify({ name: "shop" }));
    expect([twice.statusCode, twice.headers["x-amzn-errortype"]]).toEqual([409, "ConflictException"]);
    expect((await call("GET", "/nowhere")).statusCode).toBe(404);
    expect((await call("POST", "/services", "a".repeat(1_048_577))).statusCode).toBe(413);
  });

  it("refuses whoever Lambda has not verified, whatever the request says of itself", async () => {
    const scene = await openScene();
    const entry = await scene.start(dir, "control-plane");
    const status = async (event: unknown): Promise<number> => (await readUrlResponse(entry.invoke(event))).statusCode;

    expect(await status(urlEvent({ path: "/services" }))).toBe(403);
    expect(await status(urlEvent({ path: "/services", iam: { ...iam, userArn: "ann" } }))).toBe(403);
    expect(await status(urlEvent({ path: "/services", headers: { "x-amzn-caller": iam.userArn } }))).toBe(403);
    expect(await status({ version: "2.0" })).toBe(400);
  });

  it("serves administrators who sign for vpc-lattice themselves, and no other sessions", async () => {
    const scene = await openScene();
    const ring = await openSessionRing(scene);
    const role = `arn:aws:iam::${account}:role/admin`;
    const host = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-west-2.on.aws";
    const headersOf = (roleArn: string): Record<string, string> => {
      const credentials = { accessKeyId: "ASIAPERGOLAEXAMPLE01", secretAccessKey: "secret" };
      const name = roleArn.split("/").at(-1);
      const principal = {
        kind: "aws",
        type: "AssumedRole",
        arn: `arn:aws:sts::${account}:assumed-role/${name}/one`,
        account,
        roleArn,
        sessionName: "one",
        tags: {},
      } as const;
      const expiresAt = new Date(Date.now() + 600_000).toISOString();
      const sessionToken = sealSession(ring, { ...credentials, expiresAt, issuer: roleArn, principal });
      return signedHeaders({ path: "/services", host, service: "vpc-lattice", ...credentials, sessionToken });
    };
    const entry = await scene.start(dir, "control-plane", {
      ...kmsEnvironment,
      PERGOLA_ADMIN_PRINCIPALS: role,
    });
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await readUrlResponse(entry.invoke(urlEvent({ path: "/services", headers })))).statusCode;

    expect(await status(headersOf(role))).toBe(200);
    expect(await status(headersOf(`arn:aws:iam::${account}:role/other`))).toBe(403);
    const { authorization = "", ...rest } = headersOf(role);
    expect(
      await status({ ...rest, authorization: authorization.replace(/.$/, (last) => (last === "0" ? "1" : "0")) }),
    ).toBe(403);
  });
});
