import { type DomainVerification, owners } from "@pergola/core";
import { paging } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { listPage } from "../page.ts";

/** ListDomainVerifications: the caller's own, in order of id. */
export const listDomainVerifications = query(paging, (input, context) =>
  listPage<DomainVerification, unknown>(
    context,
    "domain-verifications",
    owners.domainVerifications(context.caller),
    input,
    (verification) => verification,
  ),
);
