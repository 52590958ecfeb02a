/** One thing about a policy that is wrong (`error`) or that its author most likely did not mean (`warning`). */
export interface PolicyFinding {
  readonly severity: "error" | "warning";
  /** Where: `Statement[1].Condition.StringLik`; `""` is the document itself. */
  readonly path: string;
  readonly sid?: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

/** A policy text that cannot be used. `findings` holds at least one error. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
  readonly findings: readonly PolicyFinding[];

  constructor(findings: readonly PolicyFinding[]) {
    const errors = findings.filter((finding) => finding.severity === "error");
    super(errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; "));
    this.findings = findings;
  }
}

/** Far more than a policy of 10 KB needs; bounds the answer to 10 KB of rubbish. */
const maxFindings = 500;

/** Collects findings, up to a bound, and keeps the fact that there was an error even past it. */
export class Findings {
  readonly list: PolicyFinding[] = [];
  /** Of the statement that is being read. */
  sid: string | undefined;
  failed = false;

  error(path: string, message: string): void {
    this.failed = true;
    this.#add("error", path, message);
  }

  warn(path: string, message: string): void {
    this.#add("warning", path, message);
  }

  #add(severity: PolicyFinding["severity"], path: string, message: string): void {
    if (this.list.length >= maxFindings) return;
    this.list.push({ severity, path, ...(this.sid === undefined ? {} : { sid: this.sid }), message });
  }
}

const maxShown = 100;

/** @returns a user's text as messages show it: in backticks and cut to 100 characters */
export function shown(text: string): string {
  return `\`${text.length > maxShown ? `${text.slice(0, maxShown)}…` : text}\``;
}
