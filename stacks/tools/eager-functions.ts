import { type AnyNode, type Node, parse } from "acorn";

/** Where a function begins and ends in the text of a module, in code units, as V8's coverage has it: `begin:end`. */
export type FunctionPlaces = ReadonlySet<string>;

/** @returns the place in the form of `FunctionPlaces` */
export function placeOf({ start, end }: { readonly start: number; readonly end: number }): string {
  return `${start}:${end}`;
}

/** @returns the functions that a module declares outside all others */
export function declaredFunctions(source: string): readonly Node[] {
  return parseModule(source).body.filter(({ type }) => type === "FunctionDeclaration");
}

/**
 * Puts functions into brackets. V8 takes a function expression that follows a bracket for one that is called at once, and compiles it
 * with the module; every other is only looked through then, and parsed a second time when it is called. A declaration becomes a
 * variable at the beginning of the module, so that it is there as early as before. Methods cannot be told apart like this.
 * Source: v8.dev/blog/preparser, "Possibly-invoked function expressions", read 2026-11; and V8's own log of what it compiles when.
 * @param source of an ES module
 * @param places of the functions
 * @returns the module with the same meaning
 * @throws SyntaxError when it is none
 */
export function withEagerFunctions(source: string, places: FunctionPlaces): string {
  const module = parseModule(source);
  const brackets: { readonly at: number; readonly text: "(" | ")" }[] = [];
  for (const node of functionExpressions(module)) {
    if (places.has(placeOf(node))) brackets.push({ at: node.start, text: "(" }, { at: node.end, text: ")" });
  }
  brackets.sort((a, b) => a.at - b.at);
  /** @returns a part of the module, with its brackets */
  const part = (start: number, end: number): string => {
    let text = "";
    let from = start;
    for (const { at, text: bracket } of brackets) {
      if (at < start || at > end) continue;
      text += source.slice(from, at) + bracket;
      from = at;
    }
    return text + source.slice(from, end);
  };
  const variables: string[] = [];
  let rest = "";
  let from = 0;
  for (const node of module.body) {
    if (node.type !== "FunctionDeclaration" || !places.has(placeOf(node))) continue;
    rest += part(from, node.start);
    from = node.end;
    variables.push(`${node.id.name}=(${part(node.start, node.id.start)}${part(node.id.end, node.end)})`);
  }
  rest += part(from, source.length);
  return variables.length === 0 ? rest : `var ${variables.join(",")};${rest}`;
}

function parseModule(source: string) {
  return parse(source, { ecmaVersion: "latest", sourceType: "module" });
}

/**
 * @returns arrows and function expressions at any depth; no methods, accessors and constructors, which cannot be in brackets, and no
 * asynchronous arrows, for which V8 does not look at brackets
 */
function* functionExpressions(node: AnyNode, isMethod = false): Generator<AnyNode> {
  if (node.type === "FunctionExpression" ? !isMethod : node.type === "ArrowFunctionExpression" && !node.async)
    yield node;
  const hasMethod =
    node.type === "MethodDefinition" || (node.type === "Property" && (node.method || node.kind !== "init"));
  for (const [name, child] of Object.entries(node)) {
    const children: unknown[] = Array.isArray(child) ? child : [child];
    for (const one of children) {
      if (isNode(one)) yield* functionExpressions(one, hasMethod && name === "value");
    }
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
