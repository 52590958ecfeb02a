import type { NormalizedSchema } from "@smithy/core/schema";
import { MalformedInput } from "./read-input.ts";
import type { TypeFault } from "./read-value.ts";

/** More parameters than any AWS query request has; a form with more is refused before it is read. */
const maxParameters = 2_000;
const maxListItems = 200;

/**
 * Reads an AWS query request's form (`Action=…&Tags.member.1.Key=…`) as a schema says.
 * @throws MalformedInput when parameters have wrong types or are given twice
 */
export function readForm(schema: NormalizedSchema, form: URLSearchParams): Record<string, unknown> {
  if (form.size > maxParameters) throw new MalformedInput(`more than ${maxParameters} parameters`);
  const parameters = new Map<string, string>();
  for (const [name, value] of form) {
    if (parameters.has(name)) throw new MalformedInput(`the parameter \`${name.slice(0, 100)}\` is given twice`);
    parameters.set(name, value);
  }
  const faults: TypeFault[] = [];
  const input = readStruct(schema, parameters, "", faults);
  if (faults.length > 0) throw new MalformedInput("parameters of the wrong type", faults);
  return input;
}

type Parameters = ReadonlyMap<string, string>;

function readStruct(
  schema: NormalizedSchema,
  parameters: Parameters,
  prefix: string,
  faults: TypeFault[],
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const value = readMember(member, parameters, `${prefix}${name}`, faults);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function readMember(schema: NormalizedSchema, parameters: Parameters, path: string, faults: TypeFault[]): unknown {
  if (schema.isListSchema()) return readList(schema, parameters, path, faults);
  if (schema.isStructSchema()) {
    return hasPrefix(parameters, `${path}.`) ? readStruct(schema, parameters, `${path}.`, faults) : undefined;
  }
  const text = parameters.get(path);
  if (text === undefined) return undefined;
  if (schema.isNumericSchema()) {
    if (/^-?\d{1,15}$/.test(text)) return Number(text);
    faults.push({ path, expected: "a whole number" });
    return undefined;
  }
  if (schema.isBooleanSchema()) {
    if (text === "true" || text === "false") return text === "true";
    faults.push({ path, expected: "true or false" });
    return undefined;
  }
  return text;
}

function readList(schema: NormalizedSchema, parameters: Parameters, path: string, faults: TypeFault[]): unknown {
  const items: unknown[] = [];
  for (let index = 1; index <= maxListItems; index += 1) {
    const item = readMember(schema.getValueSchema(), parameters, `${path}.member.${index}`, faults);
    if (item === undefined) break;
    items.push(item);
  }
  return items.length > 0 ? items : undefined;
}

function hasPrefix(parameters: Parameters, prefix: string): boolean {
  for (const name of parameters.keys()) if (name.startsWith(prefix)) return true;
  return false;
}
