import { isIP } from "node:net";

export type LogLevel = (typeof logLevels)[number];

export const logLevels = ["error", "warn", "info"] as const;

/** The settings cannot be used; `problems` has one sentence for each bad one. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Flag values by flag name in camel case: `{ apiPort: "0", requireAuth: true }`. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

export type Env = Readonly<Record<string, string | undefined>>;

/** A region as it appears in ARNs and credential scopes. */
export const regionPattern = /^[a-z]{2}(?:-[a-z]{1,12}){1,3}-[0-9]{1,2}$/;

const variableOf = (name: string): string =>
  `PERGOLA_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/**
 * Reads settings one by one; bad ones are gathered in `problems`, and their default is returned.
 * @param flags by name in camel case; each wins over its variable `PERGOLA_…`
 */
export function createReader(env: Env, flags: Flags) {
  const problems: string[] = [];
  /** An empty variable counts as not set, as shells and compose files have it. */
  const raw = (name: string): string | undefined => {
    const flag = flags[name];
    if (flag !== undefined) return String(flag);
    const variable = env[variableOf(name)];
    return variable === "" ? undefined : variable;
  };
  const reject = <T>(name: string, fallback: T, rule: string): T => {
    const source = flags[name] === undefined ? `${variableOf(name)} (${flagOf(name)})` : `${flagOf(name)}`;
    problems.push(`${source} is \`${raw(name)}\` and must ${rule}`);
    return fallback;
  };
  const text = (name: string, fallback: string, pattern: RegExp, rule: string): string => {
    const value = raw(name);
    if (value === undefined) return fallback;
    return pattern.test(value) ? value : reject(name, fallback, rule);
  };
  const parsed = <T>(name: string, fallback: T, parse: (text: string) => T | undefined, rule: string): T => {
    const value = raw(name);
    if (value === undefined) return fallback;
    return parse(value) ?? reject(name, fallback, rule);
  };
  return {
    problems,
    text,
    parsed,
    required(name: string, pattern: RegExp, rule: string): string {
      if (raw(name) === undefined) problems.push(`${variableOf(name)} (${flagOf(name)}) is not set and must ${rule}`);
      return text(name, "", pattern, rule);
    },
    given: (name: string): boolean => raw(name) !== undefined,
    path: (name: string, fallback: string): string =>
      text(name, fallback, /^[^\0]{1,4096}$/, "be a path of at most 4,096 characters"),
    integer(name: string, fallback: number, min: number, max: number): number {
      const value = raw(name);
      if (value === undefined) return fallback;
      const number = /^\d{1,9}$/.test(value) ? Number(value) : -1;
      return number >= min && number <= max
        ? number
        : reject(name, fallback, `be a whole number from ${min} to ${max}`);
    },
    flag(name: string): boolean {
      const value = raw(name);
      if (value === undefined || value === "false" || value === "0") return false;
      return value === "true" || value === "1" ? true : reject(name, true, "be `true` or `false`");
    },
    oneOf<T extends string>(name: string, fallback: T, allowed: readonly T[]): T {
      const value = raw(name);
      if (value === undefined) return fallback;
      return allowed.find((one) => one === value) ?? reject(name, fallback, `be one of ${allowed.join(", ")}`);
    },
    host(name: string, fallback: string): string {
      const value = raw(name);
      if (value === undefined) return fallback;
      return value === "localhost" || isIP(value) !== 0
        ? value
        : reject(name, fallback, "be `localhost` or an IP address");
    },
    /** An IP address, with a port where it is not the usual one: `127.0.0.1:5353`, `[::1]:5353`. */
    socketAddress(name: string): string | undefined {
      const value = raw(name);
      if (value === undefined) return undefined;
      const match = /^\[([0-9a-fA-F:.]{2,45})\](?::(\d{1,5}))?$|^([0-9.]{7,15}):(\d{1,5})$/.exec(value);
      const port = Number(match?.[2] ?? match?.[4] ?? 53);
      const isGood = isIP(match?.[1] ?? match?.[3] ?? value) !== 0 && port >= 1 && port <= 65_535;
      return isGood ? value : reject(name, undefined, "be an IP address, with a port where it is not 53");
    },
    url(name: string): string | undefined {
      const value = raw(name);
      if (value === undefined) return undefined;
      const url = URL.parse(value);
      const usable = url !== null && (url.protocol === "http:" || url.protocol === "https:") && url.username === "";
      return usable ? value : reject(name, undefined, "be an http or https URL without credentials");
    },
  };
}
