import { isArnPattern } from "./arn-glob.ts";
import { findElement, readTexts } from "./element.ts";
import { shown } from "./finding.ts";
import { literalPrefix, type Pattern, staticPattern, type Template } from "./pattern.ts";
import type { JsonObject } from "./policy-json.ts";
import type { Reading } from "./read-statement.ts";
import { readTemplate } from "./read-template.ts";
import type { ActionElement, ResourceElement } from "./statement.ts";

const bareService = /^arn:[^:]*:vpc-lattice:[^:]*:[^:]*:service\/[^/]+$/;

/** @returns the resource element; undefined after an error */
export function readResource(
  json: JsonObject,
  path: string,
  reading: Reading,
  action: ActionElement | undefined,
): ResourceElement | undefined {
  if (reading.kind.trust) return ownResource(json, path, reading);
  const element = findElement(json, path, "Resource", reading);
  if (element === undefined) return undefined;
  const texts = readTexts(element.node, element.path, reading);
  if (texts === undefined) return undefined;
  const templates: Template[] = [];
  for (const text of texts) {
    const template = readTemplate(text, element.path, { wildcards: true, reading });
    if (template === undefined) continue;
    const problem = resourceProblem(text, template);
    if (problem !== undefined) reading.findings.error(element.path, problem);
    else if (!reading.kind.otherServices) warnOfResource(text, template, element.path, reading, action);
    templates.push(template);
  }
  if (templates.length < texts.length) return undefined;
  return { negated: element.negated, texts, templates };
}

/** A trust policy speaks of the role that it belongs to. */
function ownResource(json: JsonObject, path: string, { findings }: Reading): ResourceElement {
  for (const element of ["Resource", "NotResource"]) {
    if (json.has(element)) findings.error(`${path}.${element}`, "has no place in a trust policy; remove it");
  }
  return { negated: false, texts: ["*"], templates: [[{ kind: "any" }]] };
}

function resourceProblem(text: string, template: Template): string | undefined {
  if (text === "") return "is empty; write `*` or an ARN";
  if (template[0]?.kind !== "text") return undefined;
  const isArn = literalPrefix(template).startsWith("arn:");
  if (isArn && (staticPattern(template) === undefined || isArnPattern(template as Pattern))) return undefined;
  return `${shown(text)} is no resource; write \`*\`, \`*/path\` or \`arn:aws:vpc-lattice:region:account:service/svc-…/path\``;
}

function warnOfResource(
  text: string,
  template: Template,
  path: string,
  { findings }: Reading,
  action: ActionElement | undefined,
): void {
  const prefix = literalPrefix(template);
  const onlyInvoke = action?.matches.includes("vpc-lattice-svcs:Connect") === false;
  if (action?.matches.includes("vpc-lattice-svcs:Invoke") === true && bareService.test(prefix) && prefix === text) {
    const reach = onlyInvoke ? "matches no request" : "matches `Connect` only";
    findings.warn(path, `${shown(text)} names no path and so ${reach}; write ${shown(`${text}/*`)}`);
  }
  const [, , vendor] = prefix.split(":", 4);
  if (prefix.split(":").length > 3 && vendor !== "vpc-lattice") {
    findings.warn(path, `${shown(text)} is no ARN of VPC Lattice and never matches; write \`arn:aws:vpc-lattice:…\``);
  }
  if (template[0]?.kind === "any" && text.includes(":") && !text.startsWith("${")) {
    findings.warn(path, `${shown(text)} also matches text that a caller puts into the path; write the whole ARN`);
  }
}
