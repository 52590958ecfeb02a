import type { FieldError } from "@pergola/core";

/**
 * Constraints on the members of an operation's input, stated beside the operation and read as its type. The protocol has
 * already seen to JSON types; these see to lengths, patterns, ranges and enums, and report every violation at once.
 */
export interface Constraint<T> {
  readonly required: boolean;
  check(value: T, path: string, report: (error: FieldError) => void): void;
}

export interface Required<T> extends Constraint<T> {
  readonly required: true;
}

export type Members = Readonly<Record<string, Constraint<never>>>;

type ValueOf<C> = C extends Constraint<infer T> ? T : never;
type RequiredKeys<M> = { [K in keyof M]: M[K] extends Required<never> ? K : never }[keyof M];

/** The type of an input whose members fulfil the constraints. */
export type Input<M> = { readonly [K in RequiredKeys<M>]: ValueOf<M[K]> } & {
  readonly [K in Exclude<keyof M, RequiredKeys<M>>]?: ValueOf<M[K]>;
};

/** Makes a member mandatory. */
export function required<T>(constraint: Constraint<T>): Required<T> {
  return { required: true, check: constraint.check };
}

/**
 * Checks an input against its constraints.
 * @returns every violation, none when the input is good
 */
export function violations(members: Members, input: Readonly<Record<string, unknown>>, path = ""): FieldError[] {
  const found: FieldError[] = [];
  for (const [name, constraint] of Object.entries(members)) {
    const memberPath = path === "" ? name : `${path}.${name}`;
    const value = input[name];
    if (value !== undefined) constraint.check(value as never, memberPath, (error) => found.push(error));
    else if (constraint.required) found.push({ name: memberPath, message: "is required" });
  }
  return found;
}

interface TextRule {
  readonly min?: number;
  readonly max: number;
  readonly pattern?: RegExp;
  /** What the pattern asks for, as the end of «must be …». */
  readonly form?: string;
}

/** A string of `min` to `max` characters, of a given form. Patterns are linear-time and applied after the length check. */
export function text({ min = 0, max, pattern, form }: TextRule): Constraint<string> {
  return optional((value, path, report) => {
    if (value.length < min || value.length > max) {
      report({ name: path, message: `must have ${min} to ${max} characters, has ${value.length}` });
    } else if (pattern !== undefined && !pattern.test(value)) {
      report({ name: path, message: `must be ${form ?? `of the form ${pattern.source}`}` });
    }
  });
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): Constraint<number> {
  return optional((value, path, report) => {
    if (!Number.isInteger(value) || value < min || value > max) {
      report({ name: path, message: `must be a whole number from ${min} to ${max}, is ${value}` });
    }
  });
}

/** One of the given words. */
export function oneOf<const T extends string>(...words: readonly T[]): Constraint<T> {
  return optional((value, path, report) => {
    if (!words.includes(value)) report({ name: path, message: `must be one of ${words.join(", ")}` });
  });
}

/** true or false. */
export const flag: Constraint<boolean> = optional(() => undefined);

/** A list of `min` to `max` items, each under the same constraint. */
export function list<T>(item: Constraint<T>, min: number, max: number): Constraint<readonly T[]> {
  return optional((value, path, report) => {
    if (value.length < min || value.length > max) {
      report({ name: path, message: `must have ${min} to ${max} items, has ${value.length}` });
      return;
    }
    for (const [index, inner] of value.entries()) item.check(inner, `${path}[${index}]`, report);
  });
}

/** An object with these members. */
export function struct<const M extends Members>(members: M): Constraint<Input<M>> {
  return optional((value, path, report) => {
    for (const error of violations(members, value as Record<string, unknown>, path)) report(error);
  });
}

/** An object with exactly one of these members (the protocol has seen to «exactly one»). */
export function union<const M extends Members>(members: M): Constraint<OneOf<M>> {
  return optional((value, path, report) => {
    for (const error of violations(members, value as Record<string, unknown>, path)) report(error);
  });
}

type OneOf<M> = { [K in keyof M]: { readonly [P in K]: ValueOf<M[P]> } }[keyof M];

/** A constraint of one's own. */
export function optional<T>(check: Constraint<T>["check"]): Constraint<T> {
  return { required: false, check };
}
