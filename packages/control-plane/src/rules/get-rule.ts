import { required } from "../constraint.ts";
import { listenerIdentifier, ruleIdentifier, serviceIdentifier } from "../field-constraints.ts";
import { query } from "../operation.ts";
import { findRule } from "./find-rule.ts";

/** GetRule. The default rule has neither match nor priority. */
export const getRule = query(
  {
    serviceIdentifier: required(serviceIdentifier),
    listenerIdentifier: required(listenerIdentifier),
    ruleIdentifier: required(ruleIdentifier),
  },
  async (input, context) => {
    const { rule } = await findRule(context, input);
    return rule;
  },
);
