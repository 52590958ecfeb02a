import { type FunctionBase, functionEnvironment } from "./function-environment.ts";
import { usesKeyrings } from "./identity.ts";
import { writesTable } from "./table-statements.ts";
import { resolvesTargets } from "./target-statements.ts";

/**
 * The API, behind a function URL. Without administrators, Lambda admits only callers whom IAM allows `lambda:InvokeFunctionUrl`; with
 * them, the function verifies sessions itself, since AWS's own clients sign for `vpc-lattice` and Lambda wants its own name.
 */
export function controlPlane({ settings, table, identity }: FunctionBase) {
  const { administrators = [] } = settings;
  const keyrings = usesKeyrings(identity, {
    opens: administrators.length === 0 ? [] : ["session"],
    makes: ["certificates"],
  });
  return new sst.aws.Function("ControlPlane", {
    handler: "packages/lambda/src/control-plane.handler",
    description: "Pergola: the API",
    memory: "1024 MB",
    timeout: "60 seconds",
    url: { authorization: administrators.length === 0 ? "iam" : "none", cors: false },
    environment: {
      ...functionEnvironment(settings, table),
      ...keyrings.environment,
      PERGOLA_ADMIN_PRINCIPALS: administrators.join(","),
    },
    permissions: [writesTable(table), ...keyrings.permissions, ...resolvesTargets(settings)],
  });
}
