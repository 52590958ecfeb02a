import type { AuthContext } from "../auth-context.ts";
import type { Principal } from "../principal.ts";
import { compileArnGlob } from "./arn-glob.ts";
import { compileCondition, type Test } from "./compile-condition.ts";
import { conditionKey } from "./condition-key.ts";
import { compileGlob, type TextTest } from "./glob.ts";
import { literalPrefix, type Pattern } from "./pattern.ts";
import { resolveTemplate, staticPatterns, variablesOf } from "./resolve-variables.ts";
import type { Effect, PrincipalElement, ResourceElement, Statement } from "./statement.ts";

/** An element of a statement: its test, and what an explanation tells of it. */
export interface CompiledElement {
  /** `NotResource`, `Condition.StringEquals.aws:PrincipalOrgID` */
  readonly name: string;
  readonly wanted: readonly string[];
  readonly seen: (context: AuthContext) => string | readonly string[] | undefined;
  readonly test: Test;
}

export interface CompiledStatement {
  readonly source: Statement;
  /** In the order of the checks. INVARIANT: the statement matches when each of them does. */
  readonly elements: readonly CompiledElement[];
}

/** @returns the statement as tests */
export function compileStatement(source: Statement): CompiledStatement {
  const { action, principal, resource, effect } = source;
  const elements: CompiledElement[] = [
    {
      name: action.negated ? "NotAction" : "Action",
      wanted: action.texts,
      seen: (context) => context.action,
      test: (context) => action.matches.includes(context.action),
    },
  ];
  if (principal !== undefined) {
    elements.push({
      name: principal.negated ? "NotPrincipal" : "Principal",
      wanted: principal.texts,
      seen: (context) => (context.principal.kind === "aws" ? context.principal.arn : "anonymous"),
      test: compilePrincipal(principal),
    });
  }
  elements.push({
    name: resource.negated ? "NotResource" : "Resource",
    wanted: resource.texts,
    seen: (context) => context.resource,
    test: compileResource(resource, effect),
  });
  for (const condition of source.conditions) {
    const key = conditionKey(condition.keyName);
    elements.push({
      name: `Condition.${condition.operatorName}.${key.name}`,
      wanted: condition.values,
      seen: key.read,
      test: compileCondition(condition, key, effect),
    });
  }
  return { source, elements };
}

/** A role stands for each of its sessions, an account for each of its principals; anonymous callers are in `*` alone. */
function compilePrincipal({ negated, everyone, accounts, arns, providers }: PrincipalElement): Test {
  if (everyone) return () => !negated;
  if (providers.length > 0) {
    const others = compilePrincipal({ negated: false, everyone, accounts, arns, providers: [], texts: [] });
    const vouched = (by: string | undefined): boolean => by !== undefined && providers.includes(by);
    return (context) => (others(context) || vouched(context.federatedBy)) !== negated;
  }
  const accountSet = new Set(accounts);
  const arnSet = new Set(arns);
  const listed = (principal: Principal): boolean =>
    principal.kind === "aws" &&
    (arnSet.has(principal.arn) ||
      (principal.roleArn !== undefined && arnSet.has(principal.roleArn)) ||
      accountSet.has(principal.account));
  return ({ principal }) => listed(principal) !== negated;
}

/** A variable without a value matches nothing; under NotResource, the statement then applies only when it denies. */
function compileResource({ negated, templates }: ResourceElement, effect: Effect): Test {
  const patterns = staticPatterns(templates);
  if (patterns !== undefined) {
    const tests = patterns.map(compileResourceGlob);
    const [only] = tests;
    if (tests.length === 1 && only !== undefined) return (context) => only(context.resource) !== negated;
    return (context) => tests.some((test) => test(context.resource)) !== negated;
  }
  const variables = variablesOf(templates);
  return (context) => {
    let unresolved = false;
    for (const template of templates) {
      const pattern = resolveTemplate(template, variables, context);
      if (pattern === undefined) unresolved = true;
      else if (compileResourceGlob(pattern)(context.resource)) return !negated;
    }
    return negated && !(unresolved && effect === "Allow");
  };
}

/** ARNs match part by part, other patterns (those that begin with a wildcard) as one text. */
function compileResourceGlob(pattern: Pattern): TextTest {
  return literalPrefix(pattern).startsWith("arn:") ? compileArnGlob(pattern) : compileGlob(pattern);
}
