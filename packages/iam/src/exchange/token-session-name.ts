import { createHash } from "node:crypto";

/** Source: STS API reference, RoleSessionName, read 2026-11. */
const sessionName = /^[\w+=,.@-]{2,64}$/;
/** How names end that were changed. A subject that ends so itself is changed too: no two subjects have one name. */
const changed = /=[0-9a-f]{16}$/;

/**
 * @param subject a token's `sub`
 * @returns a session name for it: the subject itself where it can be one, else as much of it as can be, and 64 bits of its SHA-256
 */
export function tokenSessionName(subject: string): string {
  if (sessionName.test(subject) && !changed.test(subject)) return subject;
  const digest = createHash("sha256").update(subject).digest("hex").slice(0, 16);
  return `${subject.slice(0, 47).replace(/[^\w+=,.@-]/g, "-")}=${digest}`;
}
