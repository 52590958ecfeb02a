import * as acm from "@aws-sdk/client-acm";
import * as tagging from "@aws-sdk/client-resource-groups-tagging-api";
import * as lattice from "@aws-sdk/client-vpc-lattice";
import type { ApiCall, ApiClient, ApiFailure, ApiName, ApiResult, CallerName, ClientSettings } from "./api-client.ts";

/** A client package of the AWS SDK for JavaScript, as far as a call by name needs it. */
type Package = Readonly<Record<string, unknown>>;
interface Client {
  send(command: object): Promise<object>;
  destroy(): void;
}

const packages: Record<ApiName, { readonly exported: Package; readonly client: string }> = {
  lattice: { exported: lattice, client: "VPCLatticeClient" },
  tagging: { exported: tagging, client: "ResourceGroupsTaggingAPIClient" },
  acm: { exported: acm, client: "ACMClient" },
};

/** @returns the AWS SDK for JavaScript as a client, in this process */
export function createJsClient({ endpoint, region, callers }: ClientSettings): ApiClient {
  const open = new Map<string, Client>();
  const clientOf = (api: ApiName, caller: CallerName): Client => {
    const known = open.get(`${api} ${caller}`);
    if (known !== undefined) return known;
    const { exported, client } = packages[api];
    const Class = exported[client] as new (options: object) => Client;
    const made = new Class({ endpoint, region, credentials: callers[caller], maxAttempts: 1 });
    open.set(`${api} ${caller}`, made);
    return made;
  };
  return {
    name: "AWS SDK for JavaScript",
    async call(call) {
      const { api = "lattice", caller = "owner" } = call;
      try {
        return { output: await send(clientOf(api, caller), packages[api].exported, call) };
      } catch (error) {
        return { failure: failureOf(error, packages[api].exported) } satisfies ApiResult;
      }
    },
    surface: async () => ({
      operations: namesOf(/^(\w+)Command$/).filter((name) => name !== "$"),
      paginators: namesOf(/^paginate(\w+)$/),
    }),
    async [Symbol.asyncDispose]() {
      for (const client of open.values()) client.destroy();
    },
  };
}

async function send(client: Client, exported: Package, { operation, input, pageSize }: ApiCall) {
  if (pageSize === undefined) {
    const Command = exported[`${operation}Command`] as new (input: object) => object;
    return wireForm(await client.send(new Command(input)));
  }
  const paginate = exported[`paginate${operation}`] as (
    configuration: object,
    input: object,
  ) => AsyncIterable<{ readonly items?: readonly unknown[] }>;
  const items: unknown[] = [];
  for await (const page of paginate({ client, pageSize }, input)) items.push(...(page.items ?? []));
  return wireForm({ items });
}

/** Times become text, and what is undefined goes. */
function wireForm(output: object): Readonly<Record<string, unknown>> {
  const { $metadata: _, ...rest } = JSON.parse(JSON.stringify(output));
  return rest;
}

function failureOf(error: unknown, exported: Package): ApiFailure {
  if (!(error instanceof Error) || !("$metadata" in error)) throw error;
  const { name, message } = error;
  const { $metadata, $fault: _, $response: __, ...members } = error as Error & lattice.VPCLatticeServiceException;
  const Class = exported[name] as (new () => Error) | undefined;
  return {
    type: name,
    typed: Class !== undefined && error instanceof Class,
    ...($metadata.httpStatusCode === undefined ? {} : { status: $metadata.httpStatusCode }),
    message,
    members: JSON.parse(JSON.stringify(members)),
  };
}

function namesOf(pattern: RegExp): string[] {
  return Object.keys(lattice).flatMap((name) => pattern.exec(name)?.[1] ?? []);
}
