export interface FunctionArn {
  readonly region: string;
  readonly account: string;
  readonly name: string;
  /** Version or alias. */
  readonly qualifier?: string;
}

/** Source: Lambda API reference, Invoke, FunctionName and Qualifier patterns, read 2026-11. */
const pattern =
  /^arn:aws[a-z-]{0,12}:lambda:([a-z0-9-]{1,32}):(\d{12}):function:([A-Za-z0-9_-]{1,64})(?::(\$LATEST|[A-Za-z0-9_-]{1,128}))?$/;

/** @returns the parts of a function's ARN, or undefined when it is none; a name that passes is safe as a file name */
export function parseFunctionArn(arn: string): FunctionArn | undefined {
  const match = pattern.exec(arn);
  if (match === null) return undefined;
  const [, region = "", account = "", name = "", qualifier] = match;
  return { region, account, name, ...(qualifier === undefined ? {} : { qualifier }) };
}
