import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { account, region } from "./account.ts";
import { destinations, type Mesh } from "./mesh.ts";

interface ShopService {
  readonly id: string;
  readonly host: string;
}

/** Two services in one network, which the first VPC of the settings is associated with. */
export interface Shop extends Disposable {
  /** Only for the role `web`. Its records go to a log group, a bucket and a Firehose stream, through the queue. */
  readonly guarded: ShopService;
  /** For everybody, and answers 404 itself. Its records go to Firehose alone, without the queue. */
  readonly open: ShopService;
  /** `/checked` of the guarded service is forwarded to it: a target that answers, and one that breaks every connection. */
  readonly checked: {
    readonly groupId: string;
    readonly goodPort: number;
    readonly brokenPort: number;
    /** Connections to the broken one so far. */
    readonly broken: { readonly connections: number };
  };
}

/** Makes them through the API; `/plain` of the guarded service is for a target that answers. */
export async function openShop({ api, instanceId }: Mesh): Promise<Shop> {
  const good = createHttpServer((_request, response) => response.end("from the target"));
  const seen = { connections: 0 };
  const broken = createServer((socket) => {
    seen.connections += 1;
    socket.destroy();
  });
  const [goodPort, brokenPort] = [await listen(good), await listen(broken)];
  const vpcIdentifier = "vpc-0aaa1111";
  const { id: serviceNetworkIdentifier = "" } = await api.createServiceNetwork({ name: "mesh" });
  await api.createServiceNetworkVpcAssociation({ serviceNetworkIdentifier, vpcIdentifier });
  const makeGroup = async (name: string, ports: readonly number[], isChecked: boolean): Promise<string> => {
    const healthCheck = { enabled: isChecked, healthCheckIntervalSeconds: 5, unhealthyThresholdCount: 2 };
    const config = { protocol: "HTTP", port: goodPort, vpcIdentifier, healthCheck } as const;
    const { id: targetGroupIdentifier = "" } = await api.createTargetGroup({ name, type: "INSTANCE", config });
    const targets = ports.map((port) => ({ id: instanceId, port }));
    const { unsuccessful } = await api.registerTargets({ targetGroupIdentifier, targets });
    if (unsuccessful?.length !== 0) throw new Error(`no targets of ${name}: ${JSON.stringify(unsuccessful)}`);
    return targetGroupIdentifier;
  };
  const groups = {
    checked: await makeGroup("checked", [goodPort, brokenPort], true),
    plain: await makeGroup("plain", [goodPort], false),
  };
  const makeService = async (
    name: string,
    authType: "AWS_IAM" | "NONE",
    forwarded: Readonly<Record<string, string>>,
  ) => {
    const { id: serviceIdentifier = "", dnsEntry } = await api.createService({ name, authType });
    await listenFor(api, serviceIdentifier, forwarded);
    await api.createServiceNetworkServiceAssociation({ serviceNetworkIdentifier, serviceIdentifier });
    return { id: serviceIdentifier, host: dnsEntry?.domainName ?? "" };
  };
  const guarded = await makeService("guarded", "AWS_IAM", groups);
  await api.putAuthPolicy({ resourceIdentifier: guarded.id, policy: policyFor(`arn:aws:iam::${account}:role/web`) });
  const open = await makeService("open", "NONE", {});
  const { logGroup, bucket, stream } = destinations;
  const streamArn = `arn:aws:firehose:${region}:${account}:deliverystream/${stream}`;
  const groupArn = `arn:aws:logs:${region}:${account}:log-group:${logGroup}:*`;
  for (const destinationArn of [groupArn, `arn:aws:s3:::${bucket}`, streamArn])
    await api.createAccessLogSubscription({ resourceIdentifier: guarded.id, destinationArn });
  await api.createAccessLogSubscription({ resourceIdentifier: open.id, destinationArn: streamArn });
  return {
    guarded,
    open,
    checked: { groupId: groups.checked, goodPort, brokenPort, broken: seen },
    [Symbol.dispose]() {
      good.closeAllConnections();
      for (const server of [good, broken]) server.close();
    },
  };
}

/** An HTTPS listener that forwards each path to the target group of its name, and answers 404 to all others. */
async function listenFor(
  api: VPCLattice,
  serviceIdentifier: string,
  forwarded: Readonly<Record<string, string>>,
): Promise<void> {
  const defaultAction = { fixedResponse: { statusCode: 404 } };
  const listener = { serviceIdentifier, name: "https", protocol: "HTTPS", port: 443, defaultAction } as const;
  const { id: listenerIdentifier = "" } = await api.createListener(listener);
  for (const [index, [name, targetGroupIdentifier]] of Object.entries(forwarded).entries()) {
    await api.createRule({
      serviceIdentifier,
      listenerIdentifier,
      name,
      priority: index + 1,
      match: { httpMatch: { pathMatch: { match: { prefix: `/${name}` } } } },
      action: { forward: { targetGroups: [{ targetGroupIdentifier }] } },
    });
  }
}

function policyFor(principal: string): string {
  const statement = {
    Effect: "Allow",
    Principal: { AWS: principal },
    Action: "vpc-lattice-svcs:Invoke",
    Resource: "*",
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}
