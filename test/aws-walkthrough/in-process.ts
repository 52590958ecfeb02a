import { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { vi } from "vitest";
import type { UrlResponse } from "../lambda/url-response.ts";
import { account } from "./deployment.ts";
import { functionUrl, serveFunction } from "./http-fronts.ts";

/** What a function can be told of its invocation, with time to spare. */
export const context = { awsRequestId: "in-process", getRemainingTimeInMillis: () => 60_000 };

/**
 * Loads an entry anew, with memory of its own, as a new environment of Lambda does.
 * @param load imports the entry
 * @param env is read while the entry starts; what is asked for at every request, the credentials, is the last entry's
 */
export async function loadEntry<T>(load: () => Promise<T>, env: Readonly<Record<string, string>>): Promise<T> {
  vi.resetModules();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return load();
}

/** The environment's credentials and region, as Lambda sets them. */
export const lambdaEnv = {
  AWS_REGION: "us-west-2",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret",
};

/** @returns a buffered result as a function URL reads it */
export function readResult(result: {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}): UrlResponse {
  const body = Buffer.from(result.body, result.isBase64Encoded ? "base64" : "utf8");
  return {
    statusCode: result.statusCode,
    headers: result.headers,
    cookies: result.cookies ?? [],
    body,
    brokenOff: false,
  };
}

const operator = { accessKeyId: "AKIAOPERATOR00000001", secretAccessKey: "operator/secret" };

/** An environment of the control plane behind a function URL with AWS_IAM. */
export interface ApiEnvironment {
  /** One try for each request: what the function answers is what its user sees. */
  readonly client: VPCLattice;
  close(): void;
}

/** Loads the control plane's entry anew. @param env beside the function's credentials */
export async function openApiEnvironment(env: Readonly<Record<string, string>>): Promise<ApiEnvironment> {
  const load = () => import("../../packages/lambda/src/control-plane.ts");
  const handler = (await loadEntry(load, { ...lambdaEnv, ...env })).handler as (
    event: unknown,
    context: object,
  ) => Promise<Parameters<typeof readResult>[0]>;
  const userArn = `arn:aws:iam::${account}:user/operator`;
  const front = functionUrl("203.0.113.7", { [operator.accessKeyId]: { accountId: account, userArn } });
  const environment = { invoke: async (event: unknown) => readResult(await handler(event, context)) };
  const { url: endpoint, close } = await serveFunction(front, environment);
  const client = new VPCLattice({ endpoint, region: "us-west-2", credentials: operator, maxAttempts: 1 });
  return {
    client,
    close() {
      client.destroy();
      close();
    },
  };
}
