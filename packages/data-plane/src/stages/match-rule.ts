import type { Call, Verdict } from "../call.ts";
import type { CompiledListener } from "../configuration/compile-service.ts";
import { failures } from "../failure.ts";

/** First matching rule by priority, else the default action. A fixed response ends here. */
export function matchRule(call: Call): Verdict {
  const { rules, actions, defaultAction } = call.listener as CompiledListener;
  const { method, path } = call.exchange.head;
  const at = rules.match({ method, path, rawHeaders: call.callerHeaders });
  const action = actions[at] ?? defaultAction;
  call.action = action;
  if (action.kind === "forward") return undefined;
  // Only 404 and 500 can be configured. Source: lattice API model, FixedResponseAction.
  return {
    status: action.statusCode,
    text: (action.statusCode === 404 ? failures.unknownService : failures.internal).text,
  };
}
