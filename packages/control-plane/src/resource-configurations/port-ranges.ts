import { type Constraint, list, optional } from "../constraint.ts";

const form = /^(\d{1,5})(?:-(\d{1,5}))?$/;

const portRange: Constraint<string> = optional((value, path, report) => {
  const match = value.length <= 11 ? form.exec(value) : null;
  const first = Number(match?.[1] ?? 0);
  const last = Number(match?.[2] ?? first);
  if (first < 1 || last > 65_535 || last < first) {
    report({ name: path, message: "must be a port from 1 to 65535, or two with a hyphen, the lower first" });
  }
});

/** Ports by which clients reach a resource: `443`, `8000-8100`. The model bounds the items and not their number; 100 are plenty. */
export const portRanges: Constraint<readonly string[]> = list(portRange, 1, 100);
