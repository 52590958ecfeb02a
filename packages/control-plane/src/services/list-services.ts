import type { Service } from "@pergola/core";
import { paging } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { listOwnAndShared } from "../sharing/list-own-and-shared.ts";
import { serviceView } from "./service-view.ts";

const actions = ["vpc-lattice:ListServices", "vpc-lattice:GetService"] as const;

/** ListServices: the caller's own and those that others share, in order of id. */
export const listServices = query(paging, (input, context) =>
  listOwnAndShared<Service>(context, "services", "svc", actions, input, (service) => serviceView(service, context.now)),
);
