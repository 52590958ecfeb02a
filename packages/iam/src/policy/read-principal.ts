import { findElement, readTexts } from "./element.ts";
import { shown } from "./finding.ts";
import { suggestion } from "./nearest-name.ts";
import type { JsonNode, JsonObject } from "./policy-json.ts";
import type { Reading } from "./read-statement.ts";
import type { PrincipalElement } from "./statement.ts";

const partition = "arn:aws(?:-[a-z]+)*";
const name = "[A-Za-z0-9_+=,.@-]{1,128}";
const account = /^[0-9]{12}$/;
const root = new RegExp(`^${partition}:iam::([0-9]{12}):root$`);
/** Source: IAM user guide, "AWS JSON policy elements: Principal", read 2026-11. */
const callers = [
  new RegExp(`^${partition}:iam::[0-9]{12}:(?:user|role)/(?:[\\x21-\\x29\\x2b-\\x3e\\x40-\\x7e]{1,510}/)?${name}$`),
  new RegExp(`^${partition}:sts::[0-9]{12}:assumed-role/${name}/${name}$`),
  new RegExp(`^${partition}:sts::[0-9]{12}:federated-user/${name}$`),
];
const maxArnLength = 2048;
/** In IAM's grammar, but no caller of a service: they never match. */
const otherTypes = ["Service", "Federated", "CanonicalUser"];

interface Collected {
  everyone: boolean;
  readonly accounts: string[];
  readonly arns: string[];
  readonly providers: string[];
  readonly texts: string[];
}

/** @returns the principal of a statement of a resource policy; undefined for identity policies and after an error */
export function readPrincipal(json: JsonObject, path: string, reading: Reading): PrincipalElement | undefined {
  if (!reading.kind.hasPrincipal) {
    for (const element of ["Principal", "NotPrincipal"]) {
      if (!json.has(element)) continue;
      reading.findings.error(`${path}.${element}`, "has no place in an identity policy; remove it");
    }
    return undefined;
  }
  const element = findElement(json, path, "Principal", reading);
  if (element === undefined) return undefined;
  const collected: Collected = { everyone: false, accounts: [], arns: [], providers: [], texts: [] };
  readNode(element.node, element.path, reading, collected);
  return { negated: element.negated, ...collected };
}

function readNode(node: JsonNode, path: string, reading: Reading, collected: Collected): void {
  if (node === "*") {
    collected.everyone = true;
    collected.texts.push("*");
    return;
  }
  if (!(node instanceof Map) || node.size === 0) {
    reading.findings.error(
      path,
      'is neither `"*"` nor an object; write `{"AWS":"arn:aws:iam::111122223333:role/app"}`',
    );
    return;
  }
  for (const [type, value] of node as JsonObject) {
    const typePath = `${path}.${type}`;
    if (type !== "AWS" && !otherTypes.includes(type)) {
      reading.findings.error(
        typePath,
        `unknown type of principal ${shown(type)}${suggestion(type, ["AWS", ...otherTypes])}`,
      );
      continue;
    }
    const texts = readTexts(value, typePath, reading) ?? [];
    if (type === "AWS") for (const text of texts) readAwsPrincipal(text, typePath, reading, collected);
    else if (type === "Federated" && reading.kind.trust) {
      collected.providers.push(...texts);
      collected.texts.push(...texts);
    } else {
      reading.findings.warn(typePath, `matches no caller of a service; callers are principals of type \`AWS\``);
      collected.texts.push(...texts.map((text) => `${type}:${text}`));
    }
  }
}

function readAwsPrincipal(text: string, path: string, { findings }: Reading, collected: Collected): void {
  const rootAccount = account.test(text) ? text : root.exec(text)?.[1];
  collected.texts.push(text);
  if (text === "*") collected.everyone = true;
  else if (rootAccount !== undefined) collected.accounts.push(rootAccount);
  else if (text.length <= maxArnLength && callers.some((pattern) => pattern.test(text))) collected.arns.push(text);
  else if (/[*?]/.test(text)) {
    findings.error(
      path,
      `${shown(text)} holds a wildcard; name the principal, or write \`*\` and a \`Condition\` on \`aws:PrincipalArn\``,
    );
  } else {
    findings.error(
      path,
      `${shown(text)} is no principal; write \`*\`, an account id, or the ARN of a user, role, session or account root`,
    );
  }
}
