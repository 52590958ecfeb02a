/** What a value of a configuration file may look like. The API checks lengths, ranges and patterns; this finds typing errors. */
export type Shape =
  | "string"
  | "number"
  | "boolean"
  | "object"
  | { readonly list: Shape }
  | { readonly map: Shape }
  | MembersShape;

/** An object with these members and no others. */
interface MembersShape {
  readonly members: Readonly<Record<string, Shape>>;
  readonly needs?: readonly string[];
}

/** Faults beyond this are not told: the first few are what one mends. */
const maxFaults = 20;

/** @returns what is wrong with a value, each with the path of the member; at most 20 */
export function shapeFaults(value: unknown, shape: Shape): readonly string[] {
  const faults: string[] = [];
  check(value, shape, "", faults);
  return faults;
}

function check(value: unknown, shape: Shape, path: string, faults: string[]): void {
  if (faults.length >= maxFaults) return;
  const report = (expected: string): void => void faults.push(`${path || "the file"}: must be ${expected}`);
  if (typeof shape === "string") {
    const fits = shape === "object" ? isObject(value) : typeof value === shape;
    if (!fits) report(shape === "object" ? "an object" : `a ${shape}`);
  } else if ("list" in shape) {
    if (!Array.isArray(value)) report("a list");
    else for (const [index, item] of value.entries()) check(item, shape.list, `${path}[${index}]`, faults);
  } else if (!isObject(value)) report("an object");
  else if ("map" in shape) {
    for (const [key, item] of Object.entries(value)) check(item, shape.map, join(path, key), faults);
  } else checkMembers(value, shape, path, faults);
}

function checkMembers(
  value: Readonly<Record<string, unknown>>,
  { members, needs = [] }: MembersShape,
  path: string,
  faults: string[],
): void {
  for (const name of needs) if (value[name] === undefined) faults.push(`${join(path, name)}: is missing`);
  for (const [name, inner] of Object.entries(value)) {
    const shape = Object.hasOwn(members, name) ? members[name] : undefined;
    if (shape !== undefined) check(inner, shape, join(path, name), faults);
    else faults.push(`${join(path, name)}: is not known; use one of ${Object.keys(members).join(", ")}`);
  }
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
