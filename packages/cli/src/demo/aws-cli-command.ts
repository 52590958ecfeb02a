/**
 * @param operation as the API names it, e.g. `CreateService`
 * @param input as the SDK takes it
 * @returns the AWS CLI command that does the same, ready for a POSIX shell
 */
export function awsCliCommand(operation: string, input: Readonly<Record<string, unknown>>): string {
  const options = Object.entries(input)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => option(kebab(name), value));
  return ["aws", "vpc-lattice", kebab(operation), ...options].join(" ");
}

/** A client token is the SDK's business: the CLI makes its own. */
function option(name: string, value: unknown): string {
  if (typeof value === "boolean") return value ? `--${name}` : `--no-${name}`;
  return `--${name} ${shellWord(typeof value === "object" ? JSON.stringify(value) : String(value))}`;
}

const kebab = (name: string): string => name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();

const shellWord = (text: string): string =>
  /^[\w./:@=,+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
