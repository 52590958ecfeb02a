/** What a run of `sst.config.ts` asked the engine for. */
export interface Graph {
  readonly resources: GraphResource[];
  /** Functions of the providers that were called: their tokens. */
  readonly invokes: string[];
  readonly errors: string[];
  /** What `run` returned. */
  outputs: Record<string, unknown> | undefined;
}

export interface GraphResource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly isCustom: boolean;
  readonly isProtected: boolean;
  readonly retainOnDelete: boolean;
  readonly dependsOn: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: inputs are whatever a provider takes; tests say what they expect of them
  readonly inputs: Record<string, any>;
  id?: string;
  parent?: string;
  outputs?: Record<string, unknown>;
}

export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** @returns the resources of a type, e.g. `aws:sqs/queue:Queue` */
export function ofType(graph: Graph, type: string): readonly GraphResource[] {
  return graph.resources.filter((resource) => resource.type === type);
}

/** @returns the only resource of that type and name @throws Error when there is none, or more */
export function only(graph: Graph, type: string, name: string): GraphResource {
  const [found, ...more] = ofType(graph, type).filter((resource) => resource.name === name);
  if (found !== undefined && more.length === 0) return found;
  throw new Error(`${type}: one \`${name}\` expected among ${ofType(graph, type).map((one) => one.name)}`);
}

/** @returns the statements of a role's inline policies */
export function statementsOf(role: GraphResource): readonly Statement[] {
  const policies = (role.inputs.inlinePolicies ?? []) as readonly { policy: string }[];
  return policies.flatMap(({ policy }) => (JSON.parse(policy) as { Statement: Statement[] }).Statement);
}

/** @returns one value or many, as many */
export function many(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

/** @returns allowed actions with their resources, e.g. `sqs:SendMessage arn:…`, sorted */
export function allowedBy(graph: Graph, roleName: string): readonly string[] {
  return statementsOf(only(graph, "aws:iam/role:Role", roleName))
    .filter(({ Effect }) => Effect === "Allow")
    .flatMap(({ Action, Resource }) => many(Action).flatMap((action) => many(Resource).map((on) => `${action} ${on}`)))
    .sort();
}
