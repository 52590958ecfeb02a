import type { ExplainedPolicy, PolicyExplanation } from "@pergola/iam";
import { printable } from "../printable.ts";
import type { Colour, Paint } from "./paint.ts";

type Statement = PolicyExplanation["statements"][number];
type Element = Statement["failed"][number];

const decisionColours: Readonly<Record<PolicyExplanation["decision"], Colour>> = {
  Allow: "green",
  ExplicitDeny: "red",
  ImplicitDeny: "red",
};

const decisionWords: Readonly<Record<PolicyExplanation["decision"], string>> = {
  Allow: "allows",
  ExplicitDeny: "denies",
  ImplicitDeny: "does not allow",
};

/** @returns each policy with its statements: which match, and what kept the others from it */
export function policiesText(policies: readonly ExplainedPolicy[], paint: Paint): string[] {
  return ["policies", ...policies.flatMap((policy) => policyText(policy, paint))];
}

function policyText({ side, resource, note, explanation }: ExplainedPolicy, paint: Paint): string[] {
  const head = `  ${side} ${paint("dim", printable(resource))}`;
  if (explanation === undefined) return [`${head}: ${printable(note ?? "not evaluated")}`];
  const { decision, statements } = explanation;
  const verdict = paint(decisionColours[decision], decisionWords[decision]);
  return [`${head}: ${verdict}`, ...statements.flatMap((statement) => statementText(statement, paint))];
}

function statementText({ index, sid, effect, matched, failed }: Statement, paint: Paint): string[] {
  const name = `Statement[${index}]${sid === undefined ? "" : ` ${printable(sid)}`}`;
  const word = matched ? paint(effect === "Allow" ? "green" : "red", "matches") : paint("dim", "does not match");
  return [`    ${effect} ${name} ${word}`, ...failed.map((element) => `      ${elementText(element, paint)}`)];
}

function elementText({ element, wanted, seen }: Element, paint: Paint): string {
  const has = seen === null ? "nothing" : valuesText(typeof seen === "string" ? [seen] : seen);
  const wants = isNegated.test(element) ? "wants none of" : "wants";
  return `${paint("yellow", printable(element))}: ${wants} ${valuesText(wanted)}, the request has ${has}`;
}

/** `NotAction`, `Condition.StringNotEquals.…`, `Condition.ForAllValues:ArnNotLike.…`, `Condition.NotIpAddress.…` */
const isNegated = /^Not|^Condition\.[A-Za-z:]*Not[A-Z][A-Za-z]*\./;

const maxValues = 5;

/** Long lists are cut: `-o json` has them whole. */
function valuesText(values: readonly string[]): string {
  if (values.length === 0) return "nothing";
  const shown = values.slice(0, maxValues).map((value) => `\`${printable(value)}\``);
  const more = values.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
