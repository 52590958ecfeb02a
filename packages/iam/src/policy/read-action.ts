import type { AuthContext } from "../auth-context.ts";
import { findElement, readTexts } from "./element.ts";
import { shown } from "./finding.ts";
import { compileGlob } from "./glob.ts";
import { suggestion } from "./nearest-name.ts";
import { type Pattern, parsePattern } from "./pattern.ts";
import type { JsonObject } from "./policy-json.ts";
import type { Reading } from "./read-statement.ts";
import type { ActionElement } from "./statement.ts";

type Action = AuthContext["action"];

const actionPattern = /^[a-z0-9-]{1,64}:[A-Za-z0-9*?]{1,128}$/i;

/** @returns the action element with the actions that it matches; undefined after an error */
export function readAction(json: JsonObject, path: string, reading: Reading): ActionElement | undefined {
  const element = findElement(json, path, "Action", reading);
  if (element === undefined) return undefined;
  const texts = readTexts(element.node, element.path, reading);
  if (texts === undefined) return undefined;
  const { actions } = reading.kind;
  const named = new Set<Action>();
  for (const text of texts) {
    const matched = matchedActions(text, actions);
    const problem = actionProblem(text, matched, reading);
    if (problem !== undefined) reading.findings.error(element.path, problem);
    for (const action of matched) named.add(action);
  }
  const matches = actions.filter((action) => named.has(action) !== element.negated);
  if (matches.length === 0 && element.negated && !reading.kind.otherServices) {
    reading.findings.warn(element.path, "leaves no action, so that the statement never matches");
  }
  return { negated: element.negated, texts, matches };
}

/** Actions compare in any case. Source: IAM user guide, "IAM JSON policy elements: Action", read 2026-11. */
function matchedActions(text: string, actions: readonly Action[]): readonly Action[] {
  const pattern = parsePattern(text.toLowerCase(), { wildcards: true, variables: false }) as Pattern;
  const test = compileGlob(pattern);
  return actions.filter((action) => test(action.toLowerCase()));
}

function actionProblem(text: string, matched: readonly Action[], { kind }: Reading): string | undefined {
  if (text === "*") return undefined;
  if (!actionPattern.test(text)) return `${shown(text)} is no action; write \`${kind.actions[0]}\``;
  if (kind.otherServices || matched.length > 0) return undefined;
  const all = kind.actions.map((action) => `\`${action}\``).join(", ");
  const subject = kind.trust ? "role" : "service";
  return `${shown(text)} is no action on a ${subject}; write ${all} or \`*\`${suggestion(text, kind.actions)}`;
}
