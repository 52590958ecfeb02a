import { owners, type Rule } from "@pergola/core";
import { required } from "../constraint.ts";
import { listenerIdentifier, paging, serviceIdentifier } from "../field-constraints.ts";
import { findListener } from "../listeners/find-listener.ts";
import { query } from "../operation.ts";
import { listPage } from "../page.ts";

/** ListRules: a listener's, the default rule among them, in order of id. */
export const listRules = query(
  { serviceIdentifier: required(serviceIdentifier), listenerIdentifier: required(listenerIdentifier), ...paging },
  async (input, context) => {
    const { listener } = await findListener(context, input);
    return listPage<Rule, Rule>(context, "rules", owners.rules(listener.id), input, (rule) => rule);
  },
);
