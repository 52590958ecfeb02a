import type { AuthContext } from "../auth-context.ts";
import type { AwsPrincipal } from "../principal.ts";

/** The requests of this package's tests: a session of the role `app`, GET /orders/7. */
const account = "111122223333";
const serviceArn = `arn:aws:vpc-lattice:us-east-1:${account}:service/svc-0123456789abcdef0`;

export const exampleRole: AwsPrincipal = {
  kind: "aws",
  arn: `arn:aws:sts::${account}:assumed-role/app/session-1`,
  account,
  type: "AssumedRole",
  roleArn: `arn:aws:iam::${account}:role/app`,
  userId: "AROAEXAMPLE:session-1",
  sessionName: "session-1",
  orgId: "o-a1b2c3d4e5",
  orgPaths: ["o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/", "o-a1b2c3d4e5/r-ab12/"],
  tags: { team: "blue", Cost: "7" },
};

/** @returns the context of a request with other members in place of the example's; `resource` follows from `path` */
export function exampleContext(changes: Partial<AuthContext> = {}): AuthContext {
  const path = changes.path ?? "/orders/7";
  const action = changes.action ?? "vpc-lattice-svcs:Invoke";
  const service = changes.serviceArn ?? serviceArn;
  return {
    principal: exampleRole,
    action,
    resource: action === "vpc-lattice-svcs:Invoke" ? service + path : service,
    serviceArn,
    serviceNetworkArn: `arn:aws:vpc-lattice:us-east-1:${account}:servicenetwork/sn-0123456789abcdef0`,
    serviceAccount: account,
    serviceTags: { stage: "prod" },
    sourceVpc: "vpc-0a1b2c3d",
    sourceVpcOwnerAccount: "444455556666",
    sourceIp: "10.1.2.3",
    port: 443,
    method: "GET",
    path,
    query: "",
    rawHeaders: ["Host", "orders.example.com"],
    secure: true,
    now: new Date("2026-11-23T10:00:00Z"),
    ...changes,
  };
}

/** @returns a statement that allows everything, with other elements in place of its own */
export function exampleStatement(changes: object): object {
  return { Effect: "Allow", Principal: "*", Action: "*", Resource: "*", ...changes };
}
