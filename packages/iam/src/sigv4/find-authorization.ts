import { isAwsAuthorization } from "./authorization-header.ts";
import { incompleteSignature, type RejectedSignature } from "./signature-result.ts";

const name = "authorization";

/**
 * @returns the value of the Authorization header when it claims an AWS signature; undefined when there is none or it belongs to
 * another scheme, which is for the target; a rejection when there are several and one of them is AWS's
 */
export function findAuthorization(rawHeaders: readonly string[]): string | undefined | RejectedSignature {
  let found: string | undefined;
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] as string;
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
    count++;
    const value = rawHeaders[i + 1] as string;
    if (isAwsAuthorization(value)) found = value;
  }
  if (found === undefined || count === 1) return found;
  return incompleteSignature("duplicate-header", "the header `authorization` may be there only once");
}
