import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type PergolaProcess, startPergola } from "../harness/pergola.ts";
import { sceneFile } from "./configuration-scene.ts";
import { type Ended, runPergola } from "./run-pergola.ts";

let directory: string;
let pergola: PergolaProcess;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "pergola-configuration-"));
  const config = join(directory, "pergola.json");
  writeFileSync(config, "{}", { mode: 0o600 });
  pergola = await startPergola({ env: { PERGOLA_CONFIG: config, PERGOLA_SETTLE_MS: "0" } });
}, 30_000);
afterAll(async () => {
  await pergola?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const file = (name: string): string => join(directory, name);
const run = (args: readonly string[], stdin = ""): Promise<Ended> =>
  runPergola(args, { env: { PERGOLA_API_URL: pergola.apiUrl, HOME: directory }, stdin });
const apply = (text: string, ...flags: readonly string[]): Promise<Ended> => run(["apply", "-f", "-", ...flags], text);
const empty = "pergola: 1\n";

beforeEach(async () => {
  const cleared = await apply(empty, "--prune");
  expect(cleared).toMatchObject({ code: 0, stderr: "" });
});

describe("pergola apply", () => {
  it("makes everything that a file says, and then has nothing more to do", async () => {
    const first = await apply(sceneFile);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain("+ create  services/orders/listeners/http/rules/canary\n");
    expect(first.stdout).toContain("created services/orders/listeners/http/rules/canary\n");

    const second = await apply(sceneFile, "--prune");
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(second.stdout).toMatch(/^plan: 0 to create, 0 to update, 0 to delete, \d+ unchanged\n$/);
    expect(await run(["diff", "-f", "-"], "").then(({ code }) => code)).toBe(1);
  });

  it("says what it would do without doing it", async () => {
    const dry = await apply(sceneFile, "--dry-run");

    expect(dry.code).toBe(0);
    expect(dry.stdout).not.toContain("created ");
    expect((await run(["get", "services"])).stdout).toBe("no services\n");
  });

  it("changes what differs, and deletes only when told to", async () => {
    await apply(sceneFile);
    const changed = sceneFile
      .replace("priority: 10\n", "priority: 30\n")
      .replace("priority: 20\n", "priority: 10\n")
      .replace("idleTimeoutSeconds: 120", "idleTimeoutSeconds: 60")
      .replace("path: /health", "path: /ready")
      .replace("tags: { team: blue }\n  empty: {}", "tags: { team: green, more: x }")
      .replace('destination: "arn:aws:s3:::order-logs"', 'destination: "arn:aws:s3:::other-logs"');

    const kept = await apply(changed);
    expect(kept).toMatchObject({ code: 0, stderr: "" });
    expect(kept.stdout).toContain("~ update  services/orders: idleTimeoutSeconds, tags\n");
    expect(kept.stdout).toContain("~ update  services/orders/listeners/http/rules/orders: priority\n");
    expect(kept.stdout).toContain("~ update  targetGroups/orders-v2: healthCheck\n");
    expect(kept.stdout).toContain("keep    services/empty (not in the file");
    expect(kept.stdout).toContain("1 not in the file");
    const pruned = await apply(changed, "--prune");
    expect(pruned).toMatchObject({ code: 0, stderr: "" });
    expect(pruned.stdout).toContain("deleted services/empty\n");
    expect((await apply(changed, "--prune")).stdout).toMatch(/^plan: 0 to create, 0 to update, 0 to delete/);
    expect((await run(["get", "service", "empty"])).code).toBe(1);
  });

  it("a target of a group that is not in use, and its group, are gone at once", async () => {
    const config = "{ protocol: HTTP, vpcIdentifier: vpc-0123456789abcdef0 }";
    const group = (targets: string): string =>
      `pergola: 1\ntargetGroups: { spare: { type: IP, config: ${config}, targets: [${targets}] } }`;
    await apply(group("{ id: 10.0.0.1 }, { id: 10.0.0.2 }"));
    expect((await apply(group("{ id: 10.0.0.2 }"), "--prune")).stdout).toContain(
      "deleted targetGroups/spare/targets/10.0.0.1:80\n",
    );

    expect((await run(["get", "targets"])).stdout).not.toContain("10.0.0.1");
    expect(await apply(empty, "--prune")).toMatchObject({ code: 0, stderr: "" });
  });

  it("leaves everything alone when the file asks for what cannot change", async () => {
    await apply(sceneFile);
    const impossible = sceneFile.replace(
      "protocol: HTTP\n        defaultAction",
      "protocol: HTTPS\n        defaultAction",
    );
    const refused = await apply(impossible.replace("idleTimeoutSeconds: 120", "idleTimeoutSeconds: 60"));

    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain("! refuse  services/orders/listeners/http: protocol, port cannot change in place");
    expect(refused.stderr).toContain("nothing was changed");
    expect((await run(["get", "services", "orders", "-o", "json"])).stdout).not.toBe("");
    expect((await run(["describe", "service", "orders"])).stdout).toContain("idleTimeoutSeconds: 120");
  });

  it("reports each failure, does the rest, and finishes when the reason is gone", async () => {
    const bad = sceneFile.replace("id: 10.0.0.1\n", "id: 8.8.8.8\n");
    const failed = await apply(bad);

    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(
      /failed to create targetGroups\/orders-v2\/targets\/8\.8\.8\.8:8080: .*not an address of a VPC/,
    );
    expect(failed.stdout).toContain("created serviceNetworks/main/services/orders\n");
    expect(failed.stderr).toMatch(/1 of \d+ changes failed/);
    const mended = await apply(sceneFile);
    expect(mended.code).toBe(0);
    expect(mended.stdout).toContain("plan: 1 to create, 0 to update");
  });

  it.each([
    ["no version", "services: {}", /pergola: is missing/],
    ["another version", "pergola: 2", /must be 1/],
    [
      "a typing error",
      "pergola: 1\nservices: { a-b-c: { authtype: NONE } }",
      /services\.a-b-c\.authtype: is not known/,
    ],
    [
      "a wrong type",
      "pergola: 1\nservices: { a-b-c: { idleTimeoutSeconds: long } }",
      /idleTimeoutSeconds: must be a number/,
    ],
    ["a key twice", "pergola: 1\nservices: {}\nservices: {}", /unique/],
    ["no YAML", "{", /is no configuration/],
    ["nothing", "", /the file: must be an object/],
    ["two actions", listenerWith("{ fixedResponse: 404, forward: [] }"), /either forward or fixedResponse/],
    ["no action", listenerWith("{}"), /either forward or fixedResponse/],
    [
      "an unknown group",
      listenerWith("{ forward: [{ targetGroup: nowhere }] }"),
      /names `targetGroups\/nowhere`, which is nowhere/,
    ],
    [
      "a policy about nobody",
      'pergola: 1\nservices: { a-b-c: { authPolicy: { Statement: [{ Resource: "{{services/nowhere}}" }] } } }',
      /names `services\/nowhere`/,
    ],
    [
      "an odd destination",
      "pergola: 1\nservices: { a-b-c: { accessLogs: [{ destination: here }] } }",
      /must be the ARN of/,
    ],
    [
      "aliases that blow up",
      `pergola: 1\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: [${"*c,".repeat(9)}]`,
      /alias/i,
    ],
  ])("refuses a file with %s, and changes nothing", async (_what, text, message) => {
    const refused = await apply(text);

    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(message);
  });
});

function listenerWith(action: string): string {
  return `pergola: 1\nservices: { a-b-c: { listeners: { web: { protocol: HTTP, defaultAction: ${action} } } } }`;
}

describe("pergola export", () => {
  it("writes what can be applied elsewhere, without ids", async () => {
    await apply(sceneFile);
    expect(await run(["export", file("all.yaml")])).toEqual({ code: 0, stdout: "", stderr: "" });
    const text = readFileSync(file("all.yaml"), "utf8");

    expect(text).not.toMatch(/\b(?:svc|sn|tg|listener|rule|snsa|snva|als|rgw|rcfg|snra|dv)-[0-9a-z]{17}/);
    expect(text).toContain("{{services/orders}}/*");
    const same = await run(["diff", "-f", file("all.yaml")]);
    expect(same).toMatchObject({ code: 0, stdout: expect.stringMatching(/^no difference: \d+ resources/) });

    await apply(empty, "--prune");
    expect(await run(["apply", "-f", file("all.yaml")])).toMatchObject({ code: 0, stderr: "" });
    expect((await run(["export"])).stdout).toBe(text);
  });

  it("writes JSON that is the same", async () => {
    await apply(sceneFile);
    const { stdout } = await run(["export", "-o", "json"]);

    expect(Object.keys(JSON.parse(stdout))).toContain("serviceNetworks");
    expect((await run(["diff", "-f", "-", "-o", "json"], stdout)).code).toBe(0);
  });

  it("leaves a file alone that it cannot replace", async () => {
    expect(await run(["export", file("nowhere/all.yaml")])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("cannot be written: ENOENT"),
    });
  });
});

describe("pergola diff", () => {
  it("says which members differ, and how", async () => {
    await apply(sceneFile);
    const { code, stdout } = await run(["diff", "-f", "-"], sceneFile.replace("priority: 10\n", "priority: 11\n"));

    expect(code).toBe(1);
    expect(stdout).toContain("services/orders/listeners/http/rules/canary\n  priority\n    - 10\n    + 11\n");
  });
});

describe("pergola get and describe", () => {
  it("show names, states and what rules do, as tables", async () => {
    await apply(sceneFile);
    const table = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await run(["get", ...args]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return stdout;
    };

    expect(await table("services")).toMatch(/^NAME +ID +STATUS +DNS NAME +AGE\n/);
    expect(await table("services", "orders")).toMatch(/\norders +svc-[0-9a-f]{17} +ACTIVE +orders-\S+ +\d+s\n$/);
    expect(await table("rules", "--service", "orders")).toMatch(
      /orders +http +20 +orders +GET \/orders\* +orders-v1 90, orders-v2 10 +\d+s\n/,
    );
    expect(await table("rules")).toMatch(/orders +http +default +\S+ +everything +404/);
    expect(await table("listeners")).toMatch(/orders +http +listener-\S+ +HTTP +80/);
    expect(await table("target-groups")).toMatch(/orders-v2 +tg-\S+ +IP +HTTP +8080 +ACTIVE +svc-/);
    expect(await table("targets", "--target-group", "orders-v2")).toMatch(/orders-v2 +10\.0\.0\.2 +9090 +[A-Z]+/);
    expect(await table("service-networks")).toMatch(/main +sn-\S+ +1 +1 +1 /);
    expect(await table("associations")).toMatch(/main +vpc +vpc-0123456789abcdef0 +snva-/);
    expect(await table("log-subscriptions")).toMatch(/main +arn:aws:s3:::resource-logs +RESOURCE/);
    expect(await table("resource-configurations")).toMatch(/databases +rcfg-\S+ +GROUP/);
    expect(JSON.parse(await table("services", "-o", "json"))).toHaveLength(2);
    expect(await table("services", "-o", "wide")).toContain("arn:aws:vpc-lattice");
    expect(await table("service", "orders", "-o", "yaml")).toContain("arn: arn:aws:vpc-lattice");
    const described = await run(["describe", "service", "orders", "-o", "json"]);
    expect(JSON.parse(described.stdout)).toMatchObject({
      tags: { team: "blue" },
      authPolicy: { Version: "2012-10-17" },
      listeners: [{ name: "http", rules: [{ priority: 10 }, { priority: 20 }, { isDefault: true }] }],
      serviceNetworks: [{ name: "main", status: "ACTIVE" }],
    });
  });

  it.each([
    [["get", "nothing"], 2, /must be one of services, listeners/],
    [["get", "services", "nobody"], 1, /service `nobody` not found/],
    [["describe", "target-group", "nobody"], 1, /target-group `nobody` not found/],
    [["describe", "services"], 2, /missing required argument/],
  ])("answers %j with exit code %i", async (args, code, message) => {
    expect(await run(args)).toMatchObject({ code, stderr: expect.stringMatching(message) });
  });
});

describe("pergola history and rollback", () => {
  it("show what happened, and undo it", async () => {
    await apply(sceneFile);
    const { stdout: before } = await run(["export"]);
    const [newest] = JSON.parse((await run(["history", "--limit", "1", "-o", "json"])).stdout);
    await apply(
      sceneFile
        .replace("idleTimeoutSeconds: 120", "idleTimeoutSeconds: 60")
        .replace("priority: 10\n", "priority: 11\n"),
    );

    const history = await run(["history", "--resource", "canary", "--since", "1h"]);
    expect(history.code).toBe(0);
    expect(history.stdout).toMatch(/UpdateRule {2}chg-\w+\n {2}by account 123456789012\n {2}update rule canary/);
    expect(history.stdout).toContain("priority: 10 -> 11");
    const dry = await run(["rollback", "--to", newest.id, "--dry-run"]);
    expect(dry.stdout).toContain("would undo 2 changes");
    expect(dry.stdout).toMatch(/update rule canary \(rule-\w+\): .*priority/);
    const undone = await run(["rollback", "--to", newest.id]);
    expect(undone).toMatchObject({ code: 0, stdout: expect.stringContaining("undid 2 changes") });
    expect((await run(["export"])).stdout).toBe(before);
    expect((await run(["rollback", "--to", newest.id, "--dry-run"])).stdout).toContain("would undo 3 changes");
  });

  it.each([
    [["rollback", "--to", "someday"], 2, /--to is `someday` and must be a time/],
    [["rollback", "--to", "chg-0000000000000000deadbeef"], 1, /not in the history/],
    [["history", "--since", "someday"], 2, /--since is `someday`/],
    [["rollback"], 2, /required option/],
  ])("refuse %j with exit code %i", async (args, code, message) => {
    expect(await run(args)).toMatchObject({ code, stderr: expect.stringMatching(message) });
  });
});
