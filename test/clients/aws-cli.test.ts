import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PergolaProcess, startPergola } from "../harness/pergola.ts";
import { pythonTool } from "./python-tools.ts";

const run = promisify(execFile);

describe("the AWS CLI with --endpoint-url", () => {
  let pergola: PergolaProcess;
  let cli: string;

  beforeAll(async () => {
    cli = await pythonTool("aws");
    pergola = await startPergola();
  });
  afterAll(() => pergola?.stop());

  const aws = async (...args: string[]): Promise<Record<string, unknown>> => {
    const credentials = { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local", AWS_DEFAULT_REGION: "us-west-2" };
    const { stdout } = await run(cli, ["vpc-lattice", ...args, "--endpoint-url", pergola.apiUrl, "--output", "json"], {
      env: { ...process.env, ...credentials },
    });
    return stdout.trim() === "" ? {} : JSON.parse(stdout);
  };

  it("creates a service, finds it in the list, reads it back and deletes it", async () => {
    const created = await aws("create-service", "--name", "my-service", "--tags", "team=a");
    expect(created).toMatchObject({ name: "my-service", status: "CREATE_IN_PROGRESS", authType: "NONE" });

    const { items } = await aws("list-services");
    const found = await aws("get-service", "--service-identifier", String(created.arn));

    expect(items).toEqual([expect.objectContaining({ id: created.id, name: "my-service", status: "ACTIVE" })]);
    expect(found).toMatchObject({ id: created.id, dnsEntry: created.dnsEntry });
    expect(await aws("delete-service", "--service-identifier", String(created.id))).toMatchObject({
      status: "DELETE_IN_PROGRESS",
    });
    expect(await aws("list-services")).toEqual({ items: [] });
  });

  it("shows errors under the names that AWS gives them", async () => {
    await expect(aws("get-service", "--service-identifier", "svc-00000000000000000")).rejects.toThrow(
      /ResourceNotFoundException/,
    );
    await expect(aws("create-service", "--name", "Not_A_Name")).rejects.toThrow(/ValidationException/);
  });
});
