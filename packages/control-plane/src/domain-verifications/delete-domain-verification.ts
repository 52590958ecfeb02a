import { required } from "../constraint.ts";
import { domainVerificationIdentifier } from "../field-constraints.ts";
import { getDomainVerification } from "../locate.ts";
import { operation } from "../operation.ts";
import { countGone } from "../quota.ts";
import { nameKey } from "../unique-name.ts";
import { domainVerificationKeys } from "./verification-keys.ts";

/**
 * DeleteDomainVerification: also while resource configurations name it, since the API knows no conflict here. They keep its id and have
 * no verification status any more.
 */
export const deleteDomainVerification = operation(
  { domainVerificationIdentifier: required(domainVerificationIdentifier) },
  async (input, context) => {
    const { value } = await getDomainVerification(context, input.domainVerificationIdentifier);
    await countGone(context, "domainVerifications");
    context.tx.delete(nameKey(value, "DomainVerification", value.domainName.toLowerCase()));
    for (const key of Object.values(domainVerificationKeys(value))) context.tx.delete(key);
    return {};
  },
);
