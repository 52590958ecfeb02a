import { StsError } from "./sts-error.ts";
import { stsOperation } from "./sts-operation.ts";

/** GetCallerIdentity. A local Pergola that accepts any credentials says so: they count as the default account's root. */
export const getCallerIdentity = stsOperation("any", {}, async (_input, { ports, credential }) => {
  if (credential !== undefined) {
    const { userId, account, arn } = credential.principal;
    return { UserId: userId ?? account, Account: account, Arn: arn };
  }
  const account = ports.defaultAccount;
  if (!ports.acceptUnknownCallers)
    throw new StsError("InvalidClientTokenId", 403, "the security token included in the request is invalid");
  return { UserId: account, Account: account, Arn: `arn:aws:iam::${account}:root` };
});
