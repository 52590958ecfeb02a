import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newTargetGroup } from "../harness/lattice-resources.ts";
import { type OpenService, openService, policyOf } from "../harness/open-service.ts";
import { openPlainClient, signedHeaders } from "../harness/plain-client.ts";
import { openScene, type Scene, sceneUser, sceneVpcId } from "../harness/scene.ts";
import { type Ended, runPergola } from "./run-pergola.ts";

const stranger = "arn:aws:iam::123456789012:user/stranger";

describe("pergola explain", () => {
  let scene: Scene;
  let service: OpenService;

  beforeAll(async () => {
    scene = await openScene();
    const { client } = scene;
    const group = await scene.groupOf(await scene.startProgram((_request, response) => response.end("hello")));
    const empty = await newTargetGroup(client, {
      type: "INSTANCE",
      config: { protocol: "HTTP", port: 80, vpcIdentifier: sceneVpcId },
    });
    service = await openService(client, "iam");
    const readers = { Sid: "Readers", Principal: { AWS: sceneUser.principal } };
    const reads = { Condition: { StringEquals: { "vpc-lattice-svcs:RequestMethod": ["GET", "HEAD"] } } };
    await client.putAuthPolicy({ resourceIdentifier: service.networkId, policy: policyOf({}) });
    await client.putAuthPolicy({ resourceIdentifier: service.id, policy: policyOf({ ...readers, ...reads }) });
    const to = (id: string, weight: number) => ({ targetGroupIdentifier: id, weight });
    const listener = await client.createListener({
      serviceIdentifier: service.id,
      name: "http",
      protocol: "HTTP",
      port: 80,
      defaultAction: { forward: { targetGroups: [to(group.id, 3), to(empty.id, 1)] } },
    });
    await client.createRule({
      serviceIdentifier: service.id,
      listenerIdentifier: listener.id,
      name: "teapot",
      priority: 10,
      match: { httpMatch: { headerMatches: [{ name: "x-tea", match: { exact: "green" } }] } },
      action: { fixedResponse: { statusCode: 404 } },
    });
  }, 30_000);

  afterAll(async () => {
    await scene?.[Symbol.asyncDispose]();
  });

  const explain = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    runPergola(["explain", ...args], { env: { PERGOLA_API_URL: scene.pergola.apiUrl, ...env } });
  const explainService = (...args: string[]): Promise<Ended> => explain(["--service", service.id, ...args]);
  /** Sends a request through the data plane. @returns its id, once its record can be found */
  const sendRequest = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> => {
    using client = openPlainClient(service.host, scene.pergola.httpPort);
    return (await client.send({ path, headers })).requestId;
  };

  it("says first that a request is allowed, then who, where from, why and where to", async () => {
    const { code, stdout } = await explainService(
      "--path",
      "/x?y=1",
      "--as",
      sceneUser.principal,
      "--from",
      sceneVpcId,
    );

    expect(code).toBe(0);
    expect(stdout).toMatch(/^allowed {2}GET \/x\?y=1 on /);
    expect(stdout).toContain(`caller   ${sceneUser.principal}\n`);
    expect(stdout).toContain(`network  ${service.networkId} from ${sceneVpcId}\n`);
    expect(stdout).toContain("Allow Statement[0] Readers matches");
    expect(stdout).toContain("the default action: no rule matches");
    expect(stdout).toMatch(/75 % .*\n +i-0123456789abcdef0:\d+ \w+\n {2}25 % .*no target is registered: 503/);
  });

  it("names the element that failed and both values when a request is denied, with exit code 3", async () => {
    const { code, stdout } = await explainService("--method", "DELETE", "--as", stranger, "--header", "x-tea: green");

    expect(code).toBe(3);
    expect(stdout).toMatch(/^denied {2}DELETE \/ on .*is not authorized to perform: vpc-lattice-svcs:Invoke/);
    expect(stdout).toContain(`Principal: wants \`${sceneUser.principal}\`, the request has \`${stranger}\``);
    expect(stdout).toContain("RequestMethod: wants `GET`, `HEAD`, the request has `DELETE`");
    expect(stdout).toMatch(
      /route, if it came to that\n.*\n {2}rule +rule-\w+, priority 10\n {2}answer +404, a fixed response/,
    );
  });

  it("says that a VPC does not reach the service, with exit code 3", async () => {
    const { code, stdout } = await explainService("--from", "vpc-0ffffffffffffffff");

    expect(code).toBe(3);
    expect(stdout).toMatch(/^not reachable .*vpc-0ffffffffffffffff is not associated/);
  });

  it("prints the API's JSON, and no colours into a pipe", async () => {
    const { stdout } = await explainService("--as", "anonymous", "-o", "json");
    const text = await explainService("--as", "anonymous");

    expect(JSON.parse(stdout)).toMatchObject({ decision: "denied", caller: { kind: "anonymous" } });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with it
    expect(text.stdout).not.toMatch(/\u001b/);
  });

  it("explains a request that happened, without any access log", async () => {
    const denied = await sendRequest("/secret?token=t0ken", { "user-agent": "probe/1" });
    const { code, stdout } = await explain(["--request-id", denied]);

    expect(code).toBe(3);
    expect(stdout).toContain(`request  ${denied} of `);
    expect(stdout).toContain("then     403 ClientAccessDenied, denied by Service");
    expect(stdout).toContain("agent probe/1\n");
    expect(stdout).toMatch(/\ndenied {2}GET \/secret on /);
    expect(stdout).not.toContain("t0ken");
  });

  it("explains it with what the user replaces, by id with any characters", async () => {
    // The rule with a fixed response: a quarter of what goes to the default action finds no target.
    const headers = { "x-amzn-requestid": "a/b%20?c", "x-tea": "green" };
    const id = await sendRequest("/x", { ...signedHeaders(service.host, "GET", "/x"), ...headers });
    expect(id).toBe("a/b%20?c");

    const then = await explain(["--request-id", id]);
    expect(then).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`as ${sceneUser.principal} from ${sceneVpcId}`),
    });
    const { code, stdout } = await explain(["--request-id", id, "--as", stranger, "-o", "json"]);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      past: { source: "memory", listenerPort: 80, record: { responseCode: 404, callerPrincipal: sceneUser.principal } },
      request: { as: stranger, from: sceneVpcId, port: 80 },
      explanation: { decision: "denied" },
    });
  });

  it("says when the configuration of now decides otherwise than then", async () => {
    const id = await sendRequest("/later");
    const resourceIdentifier = service.id;
    const { policy } = await scene.client.getAuthPolicy({ resourceIdentifier });
    await scene.client.putAuthPolicy({ resourceIdentifier, policy: policyOf({}) });
    try {
      const { code, stdout } = await explain(["--request-id", id]);
      expect(code).toBe(0);
      expect(stdout).toContain("then denied, now allowed: the configuration has changed since");
    } finally {
      await scene.client.putAuthPolicy({ resourceIdentifier, policy });
    }
  });

  it("says of a request to no service that there is none", async () => {
    using client = openPlainClient("nowhere.localhost", scene.pergola.httpPort);
    const { requestId } = await client.send({ path: "/" });

    expect(await explain(["--request-id", requestId])).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/then {5}404 [\s\S]*not reachable {2}SERVICE `nowhere\.localhost` not found/),
    });
  });

  it("finds a request from before a restart in the access log", async () => {
    const { client } = scene;
    const destinationArn = "arn:aws:s3:::explained";
    const { id: accessLogSubscriptionIdentifier } = await client.createAccessLogSubscription({
      resourceIdentifier: service.id,
      destinationArn,
    });
    const id = await sendRequest("/before");
    await scene.pergola.stop();
    await scene.restart();
    const found = () => explain(["--request-id", id, "-o", "json"]);
    await expect.poll(async () => (await found()).code, { timeout: 20_000, interval: 500 }).toBe(3);
    const { past, notes } = JSON.parse((await found()).stdout);

    expect(past).toMatchObject({ source: "access-log", record: { requestId: id, requestPath: "/before" } });
    expect(past).not.toHaveProperty("listenerPort");
    expect(notes).toContain("access logs do not hold the port: explained for the service's first listener");
    await scene.client.deleteAccessLogSubscription({ accessLogSubscriptionIdentifier });
  }, 60_000);

  it.each([
    [[], 2, "give --service"],
    [["--service", "svc", "--request-id", "x"], 2, "give --service"],
    [["--service", "no-such-service"], 1, "not found"],
    [["--request-id", "no-such-request"], 1, "request `no-such-request` not found"],
    [["--service", "svc", "--header", "nonsense"], 2, "must be 'name: value'"],
    [["--service", "svc", "--port", "0"], 2, "a whole number from 1 to 65535"],
  ])("refuses %j with exit code %i", async (args, code, message) => {
    expect(await explain(args)).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(message) });
  });
});
