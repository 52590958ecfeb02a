import { type DomainVerification, owners, type Write } from "@pergola/core";

const scope = { account: "123456789012", region: "us-west-2" };

/** A domain that is to be verified, as the control plane stores it. */
export interface WatchedDomain {
  readonly key: { readonly owner: string; readonly id: string };
  readonly writes: readonly Write[];
}

/** @param fields in place of those of `example.com`, whose record is `_abc.example.com` with `vpc-lattice:abc` */
export function watchedDomain(id: string, fields: Partial<DomainVerification> = {}): WatchedDomain {
  const time = new Date().toISOString();
  const key = { owner: owners.domainVerifications(scope), id };
  const value: DomainVerification = {
    ...scope,
    id,
    arn: `arn:aws:vpc-lattice:${scope.region}:${scope.account}:domainverification/${id}`,
    createdAt: time,
    lastUpdatedAt: time,
    tags: {},
    domainName: "example.com",
    status: "PENDING",
    txtMethodConfig: { name: "_abc", value: "vpc-lattice:abc" },
    ...fields,
  };
  const pointer = { owner: owners.watchedDomains, id };
  return {
    key,
    writes: [
      { kind: "put", key, value, expect: "any" },
      { kind: "put", key: pointer, value: { id, ...scope }, expect: "any" },
    ],
  };
}
