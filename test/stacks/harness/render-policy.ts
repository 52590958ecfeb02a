/** The arguments of the provider's `getPolicyDocument`. */
export interface PolicyDocument {
  readonly version?: string;
  readonly statements?: readonly PolicyStatement[];
}

interface PolicyStatement {
  readonly sid?: string;
  readonly effect?: string;
  readonly actions?: readonly string[];
  readonly resources?: readonly string[];
  readonly principals?: readonly { readonly type: string; readonly identifiers: readonly string[] }[];
  readonly conditions?: readonly {
    readonly test: string;
    readonly variable: string;
    readonly values: readonly string[];
  }[];
}

/** Renders the JSON as the real provider does, which asks nobody for it either. */
export function renderPolicy({ version = "2012-10-17", statements = [] }: PolicyDocument): object {
  return { Version: version, Statement: statements.map(renderStatement) };
}

function renderStatement({
  sid,
  effect = "Allow",
  actions,
  resources,
  principals,
  conditions = [],
}: PolicyStatement): object {
  const Condition: Record<string, Record<string, unknown>> = {};
  for (const { test, variable, values } of conditions) {
    Condition[test] = { ...Condition[test], [variable]: oneOrMany(values) };
  }
  return {
    ...(sid && { Sid: sid }),
    Effect: effect,
    ...(actions && { Action: oneOrMany(actions) }),
    ...(resources && { Resource: oneOrMany(resources) }),
    ...(principals && { Principal: renderPrincipals(principals) }),
    ...(conditions.length > 0 && { Condition }),
  };
}

function renderPrincipals(principals: NonNullable<PolicyStatement["principals"]>): unknown {
  if (principals.some(({ type }) => type === "*")) return "*";
  return Object.fromEntries(principals.map(({ type, identifiers }) => [type, oneOrMany(identifiers)]));
}

function oneOrMany(values: readonly string[]): unknown {
  return values.length === 1 ? values[0] : values;
}
