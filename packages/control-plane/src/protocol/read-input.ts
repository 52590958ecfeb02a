import type { NormalizedSchema } from "@smithy/core/schema";
import { readValue, type TypeFault } from "./read-value.ts";
import type { RouteMatch } from "./route.ts";

/** The request is no input of the operation: its body is no JSON, or members have wrong types. */
export class MalformedInput extends Error {
  override readonly name = "MalformedInput";
  readonly faults: readonly TypeFault[];

  constructor(message: string, faults: readonly TypeFault[] = [], options?: ErrorOptions) {
    super(message, options);
    this.faults = faults;
  }
}

/**
 * Puts an operation's input together from labels, query and body.
 * @param query the raw query string without `?`
 * @throws MalformedInput
 */
export function readInput({ operation, labels }: RouteMatch, query: string, body: Uint8Array): Record<string, unknown> {
  const faults: TypeFault[] = [];
  const parameters = readQuery(query);
  const members = [...operation.input.structIterator()];
  const bodyMembers = members.filter(([, member]) => source(member) === "body");
  const json = bodyMembers.length > 0 ? parseBody(body) : {};
  const input: Record<string, unknown> = {};
  for (const [name, member] of members) {
    const value = readMember(name, member, labels, parameters, json, faults);
    if (value !== undefined) input[name] = value;
  }
  if (faults.length > 0) throw new MalformedInput("members of the wrong type", faults);
  if (bodyMembers.length > 0 && isNestedTooDeep(body))
    throw new MalformedInput(`the body is nested more than ${maxNesting} deep`);
  return input;
}

function source(member: NormalizedSchema): "label" | "query" | "body" {
  const { httpLabel, httpQuery } = member.getMergedTraits();
  if (httpLabel) return "label";
  return httpQuery ? "query" : "body";
}

function readMember(
  name: string,
  member: NormalizedSchema,
  labels: Readonly<Record<string, string>>,
  parameters: URLSearchParams,
  json: Readonly<Record<string, unknown>>,
  faults: TypeFault[],
): unknown {
  const from = source(member);
  if (from === "label") return labels[name];
  if (from === "query") return readParameter(name, member, parameters, faults);
  const value = Object.hasOwn(json, name) ? json[name] : undefined;
  return value === undefined || value === null ? undefined : readValue(member, value, name, faults);
}

function readQuery(query: string): URLSearchParams {
  if (/%(?![0-9a-fA-F]{2})/.test(query))
    throw new MalformedInput("the query string has a `%` that begins no percent-encoding");
  return new URLSearchParams(query);
}

function readParameter(
  name: string,
  member: NormalizedSchema,
  parameters: URLSearchParams,
  faults: TypeFault[],
): unknown {
  const key = String(member.getMergedTraits().httpQuery);
  const values = parameters.getAll(key);
  const [first] = values;
  if (first === undefined) return undefined;
  if (member.isListSchema()) return values;
  if (values.length > 1) {
    faults.push({ path: name, expected: "given once" });
    return undefined;
  }
  if (member.isNumericSchema())
    return /^-?\d{1,15}$/.test(first) ? Number(first) : reportAs(faults, name, "a whole number");
  if (member.isBooleanSchema()) {
    return first === "true" ? true : first === "false" ? false : reportAs(faults, name, "true or false");
  }
  return first;
}

function reportAs(faults: TypeFault[], path: string, expected: string): undefined {
  faults.push({ path, expected });
  return undefined;
}

export function parseBody(body: Uint8Array): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new MalformedInput("the body is not valid JSON in UTF-8");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new MalformedInput("the body is not a JSON object");
  return value as Record<string, unknown>;
}

/** Far more than any shape of the APIs has. Members that an API does not have are not looked at, and could hold anything. */
const maxNesting = 64;
const [quote, backslash] = [0x22, 0x5c];
/** `[` and `{` open, `]` and `}` close. */
const steps: Readonly<Record<number, number>> = { 91: 1, 123: 1, 93: -1, 125: -1 };

/** @param json valid JSON in UTF-8 */
function isNestedTooDeep(json: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] as number;
    if (byte === quote) inString = !inString;
    else if (inString) at += byte === backslash ? 1 : 0;
    else {
      depth += steps[byte] ?? 0;
      if (depth > maxNesting) return true;
    }
  }
  return false;
}
