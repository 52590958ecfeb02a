import type { AuthContext, Explanation } from "@pergola/iam";
import { integer, list, optional, required, struct, text } from "../constraint.ts";
import { vpcId } from "../field-constraints.ts";
import { type OperationContext, query } from "../operation.ts";
import { explainPolicies } from "./explain-policies.ts";
import { explainRoute } from "./explain-route.ts";
import { findCaller } from "./find-caller.ts";
import { findListener, findSnapshot, networksOf } from "./find-subject.ts";

const header = struct({
  name: required(text({ min: 1, max: 100, pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, form: "a header name" })),
  value: required(text({ max: 8_192, pattern: /^[^\r\n\0]*$/, form: "a header value on one line" })),
});

const path = optional<string>((value, name, report) => {
  if (value.length > 8_192 || !/^\/[!-~\u0080-\u00ff]*$/.test(value)) {
    report({ name, message: "must begin with `/` and have no spaces or control characters; add the query after `?`" });
  }
});

/**
 * Explain (Pergola's own API): what would become of a request, and why: the network it comes through, each policy with each
 * statement, the rule, the shares and the health of the targets. Nothing is sent anywhere.
 */
export const explain = query(
  {
    service: required(text({ min: 3, max: 2_048 })),
    method: text({ min: 1, max: 32, pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, form: "an HTTP method" }),
    path,
    as: text({ min: 3, max: 2_048 }),
    from: vpcId,
    sourceIp: text({ min: 2, max: 45, pattern: /^[0-9a-fA-F.:]+$/, form: "an IP address" }),
    port: integer(1, 65_535),
    headers: list(header, 0, 100),
  },
  async (input, context): Promise<Explanation> => {
    const service = await findSnapshot(context, input.service);
    const listener = findListener(service, input.port);
    const { method = "GET", path: target = "/", as = "anonymous", headers = [] } = input;
    const caller = await findCaller(context, as);
    const mark = target.indexOf("?");
    const request = {
      method,
      path: mark < 0 ? target : target.slice(0, mark),
      query: mark < 0 ? "" : target.slice(mark + 1),
      rawHeaders: headers.flatMap(({ name, value }) => [name, value]),
    };
    const route = await explainRoute(context, service, listener, request);
    const subject = { service: { id: service.serviceId, arn: service.arn, name: service.name }, route };
    const entry = await findEntry(context, service, input.from);
    if ("note" in entry) return { ...subject, decision: "not-associated", note: entry.note };
    const { network, vpc } = entry;
    const authContext: AuthContext = {
      ...request,
      principal: caller.principal,
      action: listener.protocol === "TLS_PASSTHROUGH" ? "vpc-lattice-svcs:Connect" : "vpc-lattice-svcs:Invoke",
      resource: listener.protocol === "TLS_PASSTHROUGH" ? service.arn : `${service.arn}${request.path}`,
      serviceArn: service.arn,
      serviceNetworkArn: network.arn,
      serviceAccount: service.account,
      serviceTags: service.tags,
      sourceVpc: vpc.vpcId,
      sourceVpcOwnerAccount: vpc.account,
      sourceIp: input.sourceIp ?? "127.0.0.1",
      port: listener.port,
      secure: listener.protocol !== "HTTP",
      now: context.now,
    };
    const { allowed, message, policies } = explainPolicies(service, network, caller, authContext);
    return {
      ...subject,
      decision: allowed ? "allowed" : "denied",
      ...(message === undefined ? {} : { message }),
      caller: { ...caller.principal, known: caller.known },
      network: { id: network.networkId, arn: network.arn, sourceVpc: vpc.vpcId },
      policies,
    };
  },
);

type Entry =
  | { readonly note: string }
  | {
      readonly network: Awaited<ReturnType<typeof networksOf>>[number];
      readonly vpc: { readonly vpcId: string; readonly account: string };
    };

/** The network through which a VPC reaches the service; without a VPC, the first that has any. */
async function findEntry(
  context: OperationContext,
  service: Parameters<typeof networksOf>[1],
  from: string | undefined,
): Promise<Entry> {
  const networks = await networksOf(context, service);
  if (networks.length === 0) return { note: "the service is in no service network: nobody reaches it (404)" };
  for (const network of networks) {
    const vpc = from === undefined ? network.vpcs[0] : network.vpcs.find((candidate) => candidate.vpcId === from);
    if (vpc !== undefined) return { network, vpc };
  }
  const names = networks.map(({ networkId }) => networkId).join(", ");
  if (from === undefined)
    return { note: `no VPC is associated with the service's network(s) ${names}: nobody reaches it (404)` };
  return { note: `${from} is not associated with the service's network(s) ${names} (404)` };
}
