import { type AccessRecord, parseLatticeArn } from "@pergola/core";

/**
 * Whether an account may see an access record: its owner is whoever owns the service or the network. Requests to names that no
 * service has belong to the deployment's own account.
 */
export function mayReadRecord(
  { serviceArn, serviceNetworkArn }: AccessRecord,
  account: string,
  defaultAccount: string,
): boolean {
  const owners = [serviceArn, serviceNetworkArn].flatMap((arn) => parseLatticeArn(arn)?.account ?? []);
  return owners.length === 0 ? account === defaultAccount : owners.includes(account);
}
