import { type AuthorizationCall, preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { type AuthContext, type Authorisation, authorise, compileAuthPolicy } from "@pergola/iam";
import { toCedar } from "./cedar-policy.ts";
import { account, maxBytes, policyText, type Statement } from "./scenario.ts";

/** Decides one request; `true` is allowed. What can be prepared of a request is prepared outside of the measured call. */
export type Decide = () => boolean | Promise<boolean>;
export type Engine = (statements: readonly Statement[], requests: readonly AuthContext[]) => readonly Decide[];

const header = ({ rawHeaders }: AuthContext, name: string): string =>
  rawHeaders[rawHeaders.findIndex((text) => text.toLowerCase() === name) + 1] ?? "";

function values(context: AuthContext): Record<string, string> {
  const { principal } = context;
  if (principal.kind !== "aws") throw new Error("the scenario has signed callers only");
  return {
    method: context.method,
    sourceVpc: context.sourceVpc ?? "",
    orgId: principal.orgId ?? "",
    team: principal.tags.team ?? "",
    tenant: header(context, "x-tenant"),
    resource: context.resource,
    role: principal.roleArn ?? "",
  };
}

const pergola: Engine = (statements, requests) => {
  const policy = compileAuthPolicy(policyText(statements), { maxBytes });
  const policies = { service: { policy } };
  return requests.map((context) => () => {
    const { allowed }: Authorisation = authorise(policies, context);
    return allowed;
  });
};

const iamSimulate: Engine = (statements, requests) =>
  requests.map((context) => {
    const { method, sourceVpc, orgId, team, tenant, role } = values(context) as Record<string, string>;
    const simulation = {
      request: {
        principal: role as string,
        action: context.action,
        resource: { resource: context.resource, accountId: account },
        contextVariables: {
          "vpc-lattice-svcs:RequestMethod": method as string,
          "vpc-lattice-svcs:SourceVpc": sourceVpc as string,
          "aws:PrincipalOrgID": orgId as string,
          "vpc-lattice-svcs:RequestHeader/x-tenant": tenant as string,
          "aws:PrincipalTag/team": team as string,
          "aws:SourceIp": context.sourceIp,
        },
      },
      identityPolicies: [],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: { Version: "2012-10-17", Statement: statements },
    };
    return async () => {
      const result = await runSimulation(simulation, {});
      if (result.resultType === "error") throw new Error(result.errors.message);
      return result.overallResult === "Allowed";
    };
  });

const cedar: Engine = (statements, requests) => {
  const prepared = preparsePolicySet("policy", { staticPolicies: toCedar(statements) });
  if (prepared.type !== "success") throw new Error(JSON.stringify(prepared.errors));
  return requests.map((request) => {
    const { role, ...context } = values(request);
    const call = {
      principal: { type: "Role", id: role as string },
      action: { type: "Action", id: "Invoke" },
      resource: { type: "Service", id: request.serviceArn },
      context,
      preparsedPolicySetId: "policy",
      entities: [],
    } satisfies Omit<AuthorizationCall, "policies"> & { preparsedPolicySetId: string };
    return () => {
      const answer = statefulIsAuthorized(call);
      if (answer.type !== "success") throw new Error(JSON.stringify(answer.errors));
      return answer.response.decision === "allow";
    };
  });
};

export const engines: Readonly<Record<string, Engine>> = { pergola, "iam-simulate": iamSimulate, cedar };
