import { serviceArn } from "../../packages/data-plane/src/testing/world.ts";

/** @returns the text of an auth policy; a statement allows everybody everything but for what it says */
export function policyOf(...statements: readonly object[]): string {
  const open = { Effect: "Allow", Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: "*" };
  return JSON.stringify({ Version: "2012-10-17", Statement: statements.map((one) => ({ ...open, ...one })) });
}

/** @returns fields of a service on which a policy of these statements is in force */
export function guardedBy(...statements: readonly object[]): { authType: "AWS_IAM"; authPolicy: string } {
  return { authType: "AWS_IAM", authPolicy: policyOf(...statements) };
}

/** @returns a condition on one key of the request, without the prefix `vpc-lattice-svcs:` */
export function when(operator: string, key: string, value: string | readonly string[]): object {
  return { Condition: { [operator]: { [`vpc-lattice-svcs:${key}`]: value } } };
}

/** @returns a path of the service as a resource of policies */
export function resource(path: string): object {
  return { Resource: serviceArn + path };
}
