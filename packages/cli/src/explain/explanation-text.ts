import type { Explanation } from "@pergola/iam";
import { printable } from "../printable.ts";
import type { ExplainRequest } from "./explain-request.ts";
import type { Colour, Paint } from "./paint.ts";
import { policiesText } from "./policies-text.ts";
import { routeText } from "./route-text.ts";

/** @returns the explanation for people: the decision first, and then why, in the order in which it is made */
export function explanationText(explanation: Explanation, request: ExplainRequest, paint: Paint): string {
  const { network, policies, route } = explanation;
  return [
    decisionLine(explanation, request, paint),
    "",
    field("caller", callerText(explanation, request)),
    ...(network === undefined ? [] : [field("network", `${network.id} from ${network.sourceVpc}`)]),
    ...(policies === undefined ? [] : ["", ...policiesText(policies, paint)]),
    "",
    ...routeText(route, explanation.decision === "allowed", paint),
    "",
  ].join("\n");
}

const decisions: Readonly<Record<Explanation["decision"], readonly [colour: Colour, word: string]>> = {
  allowed: ["green", "allowed"],
  denied: ["red", "denied"],
  "not-associated": ["red", "not reachable"],
};

function decisionLine(explanation: Explanation, { method, path }: ExplainRequest, paint: Paint): string {
  const { decision, message, note, service } = explanation;
  const [colour, word] = decisions[decision];
  const why = message ?? note;
  const what = `${method} ${path} on ${service.name} (${service.id})`;
  return `${paint(colour, word)}  ${printable(what)}${why === undefined ? "" : `: ${printable(why)}`}`;
}

const knowledge = {
  anonymous: "",
  identity: "",
  "arn-only": " (an identity that this server does not know: its tags and policies are not considered)",
} as const;

function callerText({ caller }: Explanation, { as }: ExplainRequest): string {
  if (caller === undefined) return printable(as);
  return `${printable(caller.kind === "aws" ? caller.arn : "anonymous")}${knowledge[caller.known]}`;
}

function field(label: string, value: string): string {
  return `${label.padEnd(9)}${value}`;
}
