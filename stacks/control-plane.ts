import { type FunctionBase, functionEnvironment, verifiesSessions } from "./function-environment.ts";
import { writesTable } from "./table-statements.ts";
import { resolvesTargets } from "./target-statements.ts";

/** The API, behind a function URL that admits only callers whom IAM allows `lambda:InvokeFunctionUrl`. */
export function controlPlane({ settings, table, identity }: FunctionBase) {
  const { environment, statement, transform } = verifiesSessions(identity);
  return new sst.aws.Function("ControlPlane", {
    handler: "packages/lambda/src/control-plane.handler",
    description: "Pergola: the API",
    memory: "1024 MB",
    timeout: "30 seconds",
    url: { authorization: "iam", cors: false },
    environment: { ...functionEnvironment(settings, table), ...environment },
    permissions: [writesTable(table), statement, ...resolvesTargets(settings)],
    transform,
  });
}
