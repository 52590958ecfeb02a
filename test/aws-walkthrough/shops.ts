import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";

/** Two services in one network: what a request is let through to, and where its record goes. */
export interface Shops {
  /** AWS_IAM; its records go to a log group and a bucket, through the queue. */
  readonly guarded: { readonly host: string; readonly arn: string };
  /** Without authentication; its records go to Firehose alone, without the queue. */
  readonly open: { readonly host: string };
  /** Denies what was allowed at first: paths with `revocable`. */
  revoke(): Promise<void>;
}

export interface ShopsOptions {
  readonly vpcId: string;
  readonly instanceId: string;
  readonly port: number;
  readonly closedPort: number;
  readonly functionArn: string;
  /** Who may call paths with `private`. */
  readonly readerArn: string;
  readonly logGroupArn: string;
  readonly logBucketArn: string;
  readonly firehoseArn: string;
}

/** Makes both services through the API. */
export async function openShops(client: VPCLattice, options: ShopsOptions): Promise<Shops> {
  const { vpcId: vpcIdentifier, instanceId, functionArn } = options;
  const network = await client.createServiceNetwork({ name: "faults" });
  const serviceNetworkIdentifier = network.id ?? "";
  await client.createServiceNetworkVpcAssociation({ serviceNetworkIdentifier, vpcIdentifier });
  const groupOf = async (name: string, port?: number): Promise<string> => {
    const config = port === undefined ? {} : { config: { protocol: "HTTP", port, vpcIdentifier } as const };
    const type = port === undefined ? "LAMBDA" : "INSTANCE";
    const { id = "" } = await client.createTargetGroup({ name, type, ...config });
    const targets = [{ id: port === undefined ? functionArn : instanceId }];
    const { unsuccessful } = await client.registerTargets({ targetGroupIdentifier: id, targets });
    if (unsuccessful?.length !== 0) throw new Error(`no targets of ${name}: ${JSON.stringify(unsuccessful)}`);
    return id;
  };
  // A target group belongs to one service.
  const groupsOf = async (service: string) => ({
    instance: await groupOf(`${service}-instance`, options.port),
    refusing: await groupOf(`${service}-refusing`, options.closedPort),
    function: await groupOf(`${service}-function`),
  });
  const serviceOf = async (name: string, authType: "AWS_IAM" | "NONE") => {
    const { id = "", arn = "", dnsEntry } = await client.createService({ name, authType });
    const defaultAction = { fixedResponse: { statusCode: 404 } };
    const listener = { serviceIdentifier: id, name: "https", protocol: "HTTPS", port: 443, defaultAction } as const;
    const { id: listenerIdentifier = "" } = await client.createListener(listener);
    const groups = Object.entries(await groupsOf(name));
    for (const [index, [prefix, targetGroupIdentifier]] of groups.entries()) {
      await client.createRule({
        serviceIdentifier: id,
        listenerIdentifier,
        name: prefix,
        priority: index + 1,
        match: { httpMatch: { pathMatch: { match: { prefix: `/${prefix}/` } } } },
        action: { forward: { targetGroups: [{ targetGroupIdentifier }] } },
      });
    }
    await client.createServiceNetworkServiceAssociation({ serviceNetworkIdentifier, serviceIdentifier: id });
    return { id, arn, host: dnsEntry?.domainName ?? "" };
  };
  const guarded = await serviceOf("guarded", "AWS_IAM");
  const open = await serviceOf("open", "NONE");
  const logTo = (resourceIdentifier: string, destinationArn: string) =>
    client.createAccessLogSubscription({ resourceIdentifier, destinationArn });
  await logTo(guarded.id, options.logGroupArn);
  await logTo(guarded.id, options.logBucketArn);
  await logTo(open.id, options.firehoseArn);
  const put = (revocable: "Allow" | "Deny") =>
    client.putAuthPolicy({
      resourceIdentifier: guarded.id,
      policy: policyOf(guarded.arn, options.readerArn, revocable),
    });
  await put("Allow");
  return { guarded, open, revoke: async () => void (await put("Deny")) };
}

/** Whatever it does not name is denied: paths with `closed`. */
function policyOf(arn: string, readerArn: string, revocable: "Allow" | "Deny"): string {
  const Action = "vpc-lattice-svcs:Invoke";
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: "*", Action, Resource: `${arn}/*/public/*` },
      { Effect: "Allow", Principal: { AWS: readerArn }, Action, Resource: `${arn}/*/private/*` },
      { Effect: revocable, Principal: "*", Action, Resource: `${arn}/*/revocable/*` },
    ],
  });
}
