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

/** Reads settings one by one; bad ones are gathered in `problems`, and their default is returned. */
export class SettingReader {
  readonly problems: string[] = [];
  readonly #env: Env;
  readonly #flags: Flags;

  /** @param flags by name in camel case; each wins over its variable `PERGOLA_…` */
  constructor(env: Env, flags: Flags) {
    this.#env = env;
    this.#flags = flags;
  }

  given(name: string): boolean {
    return this.#raw(name) !== undefined;
  }

  /** @param parse gives undefined for what breaks the rule */
  parsed<T>(name: string, fallback: T, parse: (text: string) => T | undefined, rule: string): T {
    const value = this.#raw(name);
    if (value === undefined) return fallback;
    return parse(value) ?? this.#reject(name, fallback, rule);
  }

  text(name: string, fallback: string, pattern: RegExp, rule: string): string {
    return this.parsed(name, fallback, (value) => (pattern.test(value) ? value : undefined), rule);
  }

  required(name: string, pattern: RegExp, rule: string): string {
    if (!this.given(name)) this.problems.push(`${variableOf(name)} (${flagOf(name)}) is not set and must ${rule}`);
    return this.text(name, "", pattern, rule);
  }

  path(name: string, fallback: string): string {
    return this.text(name, fallback, /^[^\0]{1,4096}$/, "be a path of at most 4,096 characters");
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const parse = (value: string): number | undefined => {
      const number = /^\d{1,9}$/.test(value) ? Number(value) : -1;
      return number >= min && number <= max ? number : undefined;
    };
    return this.parsed(name, fallback, parse, `be a whole number from ${min} to ${max}`);
  }

  flag(name: string): boolean {
    const value = this.#raw(name);
    if (value === undefined || value === "false" || value === "0") return false;
    return value === "true" || value === "1" ? true : this.#reject(name, true, "be `true` or `false`");
  }

  oneOf<T extends string>(name: string, fallback: T, allowed: readonly T[]): T {
    const find = (value: string): T | undefined => allowed.find((one) => one === value);
    return this.parsed(name, fallback, find, `be one of ${allowed.join(", ")}`);
  }

  host(name: string, fallback: string): string {
    return this.parsed(name, fallback, hostIn, "be `localhost` or an IP address");
  }

  /** An IP address, with a port where it is not the usual one: `127.0.0.1:5353`, `[::1]:5353`. */
  socketAddress(name: string): string | undefined {
    const rule = "be an IP address, with a port where it is not 53";
    return this.parsed<string | undefined>(name, undefined, socketAddressIn, rule);
  }

  url(name: string): string | undefined {
    const rule = "be an http or https URL without credentials";
    return this.parsed<string | undefined>(name, undefined, urlIn, rule);
  }

  /** An empty variable counts as not set, as shells and compose files have it. */
  #raw(name: string): string | undefined {
    const flag = this.#flags[name];
    if (flag !== undefined) return String(flag);
    const variable = this.#env[variableOf(name)];
    return variable === "" ? undefined : variable;
  }

  #reject<T>(name: string, fallback: T, rule: string): T {
    const source = this.#flags[name] === undefined ? `${variableOf(name)} (${flagOf(name)})` : `${flagOf(name)}`;
    this.problems.push(`${source} is \`${this.#raw(name)}\` and must ${rule}`);
    return fallback;
  }
}

function hostIn(text: string): string | undefined {
  return text === "localhost" || isIP(text) !== 0 ? text : undefined;
}

function socketAddressIn(text: string): string | undefined {
  const match = /^\[([0-9a-fA-F:.]{2,45})\](?::(\d{1,5}))?$|^([0-9.]{7,15}):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2] ?? match?.[4] ?? 53);
  return isIP(match?.[1] ?? match?.[3] ?? text) !== 0 && port >= 1 && port <= 65_535 ? text : undefined;
}

function urlIn(text: string): string | undefined {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "http:" || url.protocol === "https:") && url.username === ""
    ? text
    : undefined;
}
