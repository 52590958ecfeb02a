import { LatticeError } from "@pergola/core";
import { required, text } from "../constraint.ts";
import { type OperationContext, query } from "../operation.ts";
import { mayReadRecord } from "./record-owners.ts";

/**
 * GetRequest (Pergola's own API): the access record of a request that happened, for whoever owns the service or the network it
 * went to. Requests to names that no service has belong to the deployment's own account.
 */
export const getRequest = query(
  { requestId: required(text({ min: 1, max: 512, pattern: /^[!-~]+$/, form: "a request id" })) },
  async ({ requestId }, { requests, caller, settings }) => {
    const found = await requests.findRequest(requestId, (record) =>
      mayReadRecord(record, caller.account, settings.defaultAccount),
    );
    if (found !== undefined) return found;
    throw new LatticeError(
      "ResourceNotFoundException",
      `request \`${requestId}\` not found: it is neither among the last requests since the start nor in the local access logs`,
      { resourceType: "REQUEST", resourceId: requestId },
    );
  },
);

/** What operations see where the deployment keeps no records. */
export const noRequests: OperationContext["requests"] = { findRequest: async () => undefined };
