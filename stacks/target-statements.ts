import type { DeploySettings } from "./deploy-settings.ts";

/**
 * What finding the addresses of INSTANCE and ALB targets takes. Neither action knows resources. Source: service authorization
 * reference, Amazon EC2 and Elastic Load Balancing V2, read 2026-11.
 */
export const lookUpTargets = {
  actions: ["ec2:DescribeInstances", "elasticloadbalancing:DescribeLoadBalancers"],
  resources: ["*"],
};

/** @returns the same, where functions have a network to reach such targets by */
export function resolvesTargets({ network }: DeploySettings) {
  if (network === undefined) return [];
  return [lookUpTargets];
}

/**
 * What calling LAMBDA targets takes. Pergola's own functions, of any stage, are never targets, whatever the patterns: who may register
 * a target could otherwise have the router call them with an event of its choice.
 */
export function invokesTargets({ functionTargets, region }: DeploySettings) {
  if (functionTargets.length === 0) return [];
  const { accountId } = aws.getCallerIdentityOutput();
  const { partition } = aws.getPartitionOutput();
  const functionArn = (name: string) => $interpolate`arn:${partition}:lambda:${region}:${accountId}:function:${name}`;
  const own = `${$app.name}-*`;
  return [
    {
      actions: ["lambda:InvokeFunction"],
      resources: functionTargets.flatMap((name) => [functionArn(name), functionArn(`${name}:*`)]),
    },
    { effect: "deny" as const, actions: ["lambda:InvokeFunction"], resources: [functionArn(own)] },
  ];
}
