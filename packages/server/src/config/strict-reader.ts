/**
 * Reads untrusted JSON member by member and collects every problem with its path (`identities[0].principal`), so that an
 * operator sees all of them at once.
 */
export class StrictReader {
  readonly problems: string[] = [];

  /** Notes a problem. @returns undefined, so that callers can `return reader.reject(…)` */
  reject(path: string, message: string): undefined {
    this.problems.push(`${path}: ${message}`);
    return undefined;
  }

  /** @returns `value` as an object whose members are all among `known`, or undefined */
  object(value: unknown, path: string, known: readonly string[]): Record<string, unknown> | undefined {
    if (!isObject(value)) return this.reject(path, "must be an object");
    for (const member of Object.keys(value)) {
      if (!known.includes(member)) this.reject(join(path, member), `is not known; known are ${known.join(", ")}`);
    }
    return value;
  }

  /** @returns the members of an object with free names; empty when absent */
  entries(value: unknown, path: string, max: number): readonly (readonly [string, unknown])[] {
    if (value === undefined) return [];
    if (!isObject(value)) return this.reject(path, "must be an object") ?? [];
    const entries = Object.entries(value);
    return entries.length <= max ? entries : (this.reject(path, `must have at most ${max} members`) ?? []);
  }

  /** @returns the elements; empty when absent */
  array(value: unknown, path: string, max: number): readonly unknown[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) return this.reject(path, "must be an array") ?? [];
    return value.length <= max ? value : (this.reject(path, `must have at most ${max} elements`) ?? []);
  }

  /** @returns the string when it matches; the message never repeats the value, which may be a secret */
  text(value: unknown, path: string, pattern: RegExp, rule: string): string | undefined {
    if (typeof value !== "string" || !pattern.test(value)) return this.reject(path, `must ${rule}`);
    return value;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @returns the path of a member, quoted when its name is no plain word */
export function join(path: string, member: string): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(member);
  if (!plain) return `${path}[${JSON.stringify(member.slice(0, 128))}]`;
  return path === "" ? member : `${path}.${member}`;
}
