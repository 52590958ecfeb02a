import type { Gateway } from "./gateway.ts";
import { usesKeyrings } from "./identity.ts";
import { readsTable } from "./table-statements.ts";
import { invokesTargets, lookUpTargets } from "./target-statements.ts";

interface RoleBase extends Gateway {
  readonly group: aws.cloudwatch.LogGroup;
}

/** The role that the gateway works with, and the one that starts its container. */
export function gatewayRoles(base: RoleBase) {
  const { settings, table, identity, logs } = base;
  const work = [
    readsTable(table),
    ...usesKeyrings(identity, { opens: ["session", "certificates"] }).permissions,
    { actions: ["sqs:SendMessage"], resources: [logs.queue.arn] },
    ...logs.routerStatements.map(({ actions, resources }) => ({ actions: [...actions], resources: [...resources] })),
    lookUpTargets,
    ...invokesTargets(settings),
  ];
  return { task: role("GatewayRole", work), execution: role("GatewayStartRole", startStatements(base)) };
}

function role(name: string, statements: sst.aws.FunctionPermissionArgs[]) {
  const { json } = aws.iam.getPolicyDocumentOutput({ statements: statements.map(asStatement) });
  return new aws.iam.Role(name, {
    assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: "ecs-tasks.amazonaws.com" }),
    inlinePolicies: [{ name: "inline", policy: json }],
  });
}

function asStatement({ effect = "allow", actions, resources, conditions = [] }: sst.aws.FunctionPermissionArgs) {
  return { effect: effect === "allow" ? "Allow" : "Deny", actions, resources, conditions };
}

/** What ECS does before the gateway runs: fetch the image and the certificate, and open the log. */
function startStatements({ gateway: { image, certificateSecret }, group }: RoleBase): sst.aws.FunctionPermissionArgs[] {
  const [, account, region, repository] = ecrImage.exec(image) ?? [];
  const { partition } = aws.getPartitionOutput();
  const pull = [
    // Knows no resources. Source: service authorization reference, Amazon ECR, read 2026-11.
    { actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
    {
      actions: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      resources: [$interpolate`arn:${partition}:ecr:${region}:${account}:repository/${repository}`],
    },
  ];
  return [
    ...(repository === undefined ? [] : pull),
    { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [$interpolate`${group.arn}:*`] },
    ...(certificateSecret === undefined
      ? []
      : [{ actions: ["secretsmanager:GetSecretValue"], resources: [certificateSecret] }]),
  ];
}

/** Images of other registries are pulled without a role. */
const ecrImage = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([a-z0-9._/-]+)[:@]/;
