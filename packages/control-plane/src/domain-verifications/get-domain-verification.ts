import { required } from "../constraint.ts";
import { domainVerificationIdentifier } from "../field-constraints.ts";
import { getDomainVerification as findVerification } from "../locate.ts";
import { query } from "../operation.ts";

/** GetDomainVerification: the one kind of resource that shows its tags. */
export const getDomainVerification = query(
  { domainVerificationIdentifier: required(domainVerificationIdentifier) },
  async (input, context) => (await findVerification(context, input.domainVerificationIdentifier)).value,
);
