import { type Listener, owners } from "@pergola/core";
import { required } from "../constraint.ts";
import { paging, serviceIdentifier } from "../field-constraints.ts";
import { getService } from "../locate.ts";
import { query } from "../operation.ts";
import { listPage } from "../page.ts";
import { listenerView } from "./listener-view.ts";

/** ListListeners: a service's, in order of id. */
export const listListeners = query(
  { serviceIdentifier: required(serviceIdentifier), ...paging },
  async (input, context) => {
    const { value: service } = await getService(context, input.serviceIdentifier);
    return listPage<Listener, unknown>(context, "listeners", owners.listeners(service.id), input, listenerView);
  },
);
