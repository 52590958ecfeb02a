import type { EC2Client, Instance } from "@aws-sdk/client-ec2";
import type { AddressSource } from "./address-source.ts";

/** Private addresses of EC2 instances. */
export function instanceAddresses(open: () => Promise<EC2Client>): AddressSource {
  return {
    // Source: EC2 API reference, DescribeInstances, read 2026-11: at most 200 values of a filter.
    maxIds: 200,
    async find(ids, abortSignal) {
      const [client, { paginateDescribeInstances }] = await Promise.all([open(), import("@aws-sdk/client-ec2")]);
      // A filter, not InstanceIds: one unknown instance among those fails the whole request.
      const Filters = [
        { Name: "instance-id", Values: [...ids] },
        { Name: "instance-state-name", Values: ["pending", "running"] },
      ];
      const found = new Map<string, string>();
      const pages = paginateDescribeInstances({ client, pageSize: 200 }, { Filters }, { abortSignal });
      for await (const { Reservations = [] } of pages) {
        for (const { Instances = [] } of Reservations) for (const instance of Instances) note(instance, found);
      }
      return found;
    },
  };
}

function note({ InstanceId, PrivateIpAddress, Ipv6Address }: Instance, found: Map<string, string>): void {
  const address = PrivateIpAddress ?? Ipv6Address;
  if (InstanceId !== undefined && address !== undefined) found.set(InstanceId, address);
}
