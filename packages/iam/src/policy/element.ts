import type { JsonNode, JsonObject } from "./policy-json.ts";
import type { Reading } from "./read-statement.ts";

/** An element that has a negated form, of which a statement has one: `Action` or `NotAction`. */
export interface Element {
  readonly path: string;
  readonly negated: boolean;
  readonly node: JsonNode;
}

/** @returns the element or its negation; when none or both are there, undefined and an error */
export function findElement(
  json: JsonObject,
  path: string,
  name: "Principal" | "Action" | "Resource",
  { findings }: Reading,
): Element | undefined {
  const plain = json.get(name);
  const negated = json.get(`Not${name}`);
  if (plain !== undefined && negated !== undefined) {
    findings.error(`${path}.Not${name}`, `occurs beside \`${name}\`; a statement has one of them`);
    return undefined;
  }
  if (plain !== undefined) return { path: `${path}.${name}`, negated: false, node: plain };
  if (negated !== undefined) return { path: `${path}.Not${name}`, negated: true, node: negated };
  findings.error(`${path}.${name}`, `is missing; every statement needs \`${name}\` or \`Not${name}\``);
  return undefined;
}

/** @returns the texts of a string or a list of strings; when it is neither, or empty, undefined and an error */
export function readTexts(node: JsonNode, path: string, { findings }: Reading): readonly string[] | undefined {
  if (typeof node === "string") return [node];
  if (Array.isArray(node) && node.length > 0) {
    const bad = node.findIndex((item) => typeof item !== "string");
    if (bad < 0) return node as string[];
    findings.error(`${path}[${bad}]`, "is no string");
  } else findings.error(path, "is neither a string nor a list of strings; write at least one");
  return undefined;
}
