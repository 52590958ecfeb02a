import { owners, type Service } from "@pergola/core";
import { paging } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { listPage } from "../page.ts";
import { serviceView } from "./service-view.ts";

/** ListServices: the caller's own, in order of id. */
export const listServices = query(paging, (input, context) =>
  listPage<Service, unknown>(context, "services", owners.services(context.caller), input, (service) =>
    serviceView(service, context.now),
  ),
);
