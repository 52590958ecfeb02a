/**
 * A policy value, taken apart: text, wildcards and policy variables. Wildcards are parts of their own, so that a `*` that comes
 * out of a variable or an escape is text and never a wildcard: a caller must not widen a policy by what it sends.
 */
export type PatternPart =
  | { readonly kind: "text"; readonly text: string; readonly fromVariable?: true }
  | { readonly kind: "any" }
  | { readonly kind: "one" };

export interface VariablePart {
  readonly kind: "variable";
  readonly key: string;
  /** `${aws:username, 'anonymous'}` */
  readonly fallback?: string;
}

/** Without variables, or with all of them resolved. */
export type Pattern = readonly PatternPart[];
export type Template = readonly (PatternPart | VariablePart)[];

/** Which characters are special in a value. Variables exist since version 2012-10-17, wildcards in some operators only. */
export interface PatternSyntax {
  readonly wildcards: boolean;
  readonly variables: boolean;
}

export class PatternSyntaxError extends Error {
  override readonly name = "PatternSyntaxError";
}

const variablePattern = /^([^\s,'${}*?][^,'${}*?]*?)(?:\s*,\s*'([^'{}]*)')?$/;
const escapes = ["*", "?", "$"];

/**
 * @returns the parts of a policy value
 * @throws PatternSyntaxError when `${` begins no variable
 */
export function parsePattern(text: string, { wildcards, variables }: PatternSyntax): Template {
  const parts: (PatternPart | VariablePart)[] = [];
  let literal = "";
  const flush = (): void => {
    if (literal !== "") parts.push({ kind: "text", text: literal });
    literal = "";
  };
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i] as string;
    if (variables && char === "$" && text[i + 1] === "{") {
      const end = text.indexOf("}", i);
      if (end < 0) throw new PatternSyntaxError("policy variable without closing brace");
      const name = text.slice(i + 2, end);
      i = end;
      if (escapes.includes(name)) literal += name;
      else {
        flush();
        parts.push(parseVariable(name));
      }
    } else if (wildcards && (char === "*" || char === "?")) {
      flush();
      parts.push({ kind: char === "*" ? "any" : "one" });
    } else literal += char;
  }
  flush();
  return parts;
}

function parseVariable(source: string): VariablePart {
  const match = source.length > 512 ? null : variablePattern.exec(source);
  const [, key, fallback] = match ?? [];
  if (key === undefined) {
    throw new PatternSyntaxError(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: policy variables look like this
      "bad policy variable; write `${key}` or `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for the characters",
    );
  }
  return fallback === undefined ? { kind: "variable", key } : { kind: "variable", key, fallback };
}

/** @returns the pattern itself when it has no variables, else undefined */
export function staticPattern(template: Template): Pattern | undefined {
  return template.some((part) => part.kind === "variable") ? undefined : (template as Pattern);
}

/**
 * Puts values in place of variables.
 * @param value looks up the single value of a variable's key
 * @returns undefined when a variable has neither value nor default: such a policy value matches nothing
 */
export function resolvePattern(
  template: Template,
  value: (variable: VariablePart) => string | undefined,
): Pattern | undefined {
  const parts: PatternPart[] = [];
  for (const part of template) {
    if (part.kind !== "variable") {
      parts.push(part);
      continue;
    }
    const text = value(part) ?? part.fallback;
    if (text === undefined) return undefined;
    if (text !== "") parts.push({ kind: "text", text, fromVariable: true });
  }
  return parts;
}

/** @returns the text of a pattern; wildcards show as they are written */
export function patternText(pattern: Pattern): string {
  return pattern.map((part) => (part.kind === "text" ? part.text : part.kind === "any" ? "*" : "?")).join("");
}

/** @returns the text before the first wildcard or variable */
export function literalPrefix(template: Template): string {
  let prefix = "";
  for (const part of template) {
    if (part.kind !== "text") break;
    prefix += part.text;
  }
  return prefix;
}
