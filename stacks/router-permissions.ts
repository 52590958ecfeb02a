import type { AccessLogs } from "./access-logs.ts";
import type { FunctionBase } from "./function-environment.ts";
import { usesKeyrings } from "./identity.ts";
import { readsTable } from "./table-statements.ts";
import { invokesTargets, resolvesTargets } from "./target-statements.ts";

export interface RouterBase extends FunctionBase {
  readonly logs: AccessLogs;
}

/** What a router may do: read configuration, open session tokens, hand over access records, find and call targets. */
export function routerPermissions({ settings, table, identity, logs }: RouterBase) {
  return [
    readsTable(table),
    ...usesKeyrings(identity, { opens: ["session"] }).permissions,
    { actions: ["sqs:SendMessage"], resources: [logs.queue.arn] },
    ...logs.routerStatements.map(({ actions, resources }) => ({ actions: [...actions], resources: [...resources] })),
    ...resolvesTargets(settings),
    ...invokesTargets(settings),
  ];
}

export type RouterPermissions = ReturnType<typeof routerPermissions>;
