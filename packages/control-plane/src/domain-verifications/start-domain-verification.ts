import { type DomainVerification, owners, resourceArn } from "@pergola/core";
import { required } from "../constraint.ts";
import { clientToken, domainName, tags } from "../field-constraints.ts";
import { newResource } from "../lifecycle.ts";
import { operation } from "../operation.ts";
import { countNew } from "../quota.ts";
import { claimName } from "../unique-name.ts";
import { domainVerificationKeys } from "./verification-keys.ts";

/** StartDomainVerification: answers with the TXT record to place below the domain. A domain has one verification in an account. */
export const startDomainVerification = operation(
  { domainName: required(domainName), clientToken, tags },
  async (input, context) => {
    const { caller, tx } = context;
    const id = context.newId("dv");
    await claimName(context, "DomainVerification", input.domainName.toLowerCase(), id);
    await countNew(
      context,
      "domainVerifications",
      "DOMAIN_VERIFICATION",
      async () => (await tx.all(owners.domainVerifications(caller))).length,
    );
    const { pending: _, settlesAt: __, ...base } = newResource(context, id, resourceArn(caller, "dv", id), input.tags);
    const verification: DomainVerification = {
      ...base,
      domainName: input.domainName,
      status: "PENDING",
      txtMethodConfig: {
        name: `_${randomPart(context.newId("txt"))}`,
        value: `vpc-lattice:${randomPart(context.newId("txt"))}`,
      },
    };
    const { self, watched } = domainVerificationKeys(verification);
    tx.create(self, verification);
    tx.create(watched, { id, account: caller.account, region: caller.region });
    return verification;
  },
);

/** Nobody can guess it: 64 random bits. */
function randomPart(id: string): string {
  return id.slice(id.indexOf("-") + 1);
}
