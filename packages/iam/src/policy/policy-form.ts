import type { AuthPolicySnapshot } from "@pergola/core";
import type { AuthContext } from "../auth-context.ts";
import type { PatternPart, Template, VariablePart } from "./pattern.ts";
import { authPolicyKind } from "./policy-kind.ts";
import { readPolicy } from "./read-policy.ts";
import type { Condition, Effect, PrincipalElement, Statement } from "./statement.ts";

/** Of `StoredStatement` and what it means. Whoever changes it counts it up, and older routers compile the text instead. */
const form = 1;

/** A statement without what only explanations tell, as short as a small item of the store wants it: what is absent is empty or false. */
interface StoredStatement {
  readonly effect: Effect;
  readonly principal?: StoredPrincipal;
  readonly actions: readonly AuthContext["action"][];
  readonly resource: readonly StoredTemplate[];
  readonly notResource?: true;
  readonly conditions?: readonly StoredCondition[];
}

type StoredPrincipal = Partial<Omit<PrincipalElement, "texts">>;

interface StoredCondition extends Pick<Condition, "operatorName" | "keyName"> {
  readonly values: readonly StoredTemplate[];
}

/** Text as it is, 0 for `*` and 1 for `?`. */
type StoredTemplate = readonly (string | 0 | 1 | VariablePart)[];

/**
 * Reads the policy of a service or service network once for all who compile it: a router that starts takes longer to read a text than
 * to answer a request.
 * @returns plain data, or undefined when there is an error in the text
 */
export function readAuthPolicy(text: string): AuthPolicySnapshot | undefined {
  const { policy } = readPolicy(text, authPolicyKind());
  return policy && { form, statements: policy.statements.map(storedStatement) };
}

/** @returns the statements that `readAuthPolicy` has read, without their texts; undefined when they have another form than this one */
export function statementsOf(read: AuthPolicySnapshot): readonly Statement[] | undefined {
  return read.form === form ? (read.statements as readonly StoredStatement[]).map(statementOf) : undefined;
}

function storedStatement({ effect, principal, action, resource, conditions }: Statement): StoredStatement {
  return {
    effect,
    ...(principal === undefined ? {} : { principal: storedPrincipal(principal) }),
    actions: action.matches,
    resource: resource.templates.map(storedTemplate),
    ...(resource.negated ? { notResource: true } : {}),
    ...(conditions.length === 0 ? {} : { conditions: conditions.map(storedCondition) }),
  };
}

function storedPrincipal({ negated, everyone, accounts, arns, providers }: PrincipalElement): StoredPrincipal {
  return {
    ...(negated ? { negated } : {}),
    ...(everyone ? { everyone } : {}),
    ...(accounts.length === 0 ? {} : { accounts }),
    ...(arns.length === 0 ? {} : { arns }),
    ...(providers.length === 0 ? {} : { providers }),
  };
}

function storedCondition({ operatorName, keyName, templates }: Condition): StoredCondition {
  return { operatorName, keyName, values: templates.map(storedTemplate) };
}

function storedTemplate(template: Template): StoredTemplate {
  return template.map((part) => {
    if (part.kind === "text") return part.text;
    return part.kind === "variable" ? part : part.kind === "any" ? 0 : 1;
  });
}

const noTexts: readonly string[] = [];

function statementOf(stored: StoredStatement, index: number): Statement {
  const { effect, principal, actions, resource, notResource = false, conditions = [] } = stored;
  return {
    index,
    effect,
    ...(principal === undefined
      ? {}
      : {
          principal: {
            negated: false,
            everyone: false,
            accounts: noTexts,
            arns: noTexts,
            providers: noTexts,
            texts: noTexts,
            ...principal,
          },
        }),
    action: { negated: false, texts: noTexts, matches: actions },
    resource: { negated: notResource, texts: noTexts, templates: resource.map(templateOf) },
    conditions: conditions.map(({ operatorName, keyName, values }) => ({
      operatorName,
      keyName,
      values: noTexts,
      templates: values.map(templateOf),
    })),
  };
}

function templateOf(stored: StoredTemplate): Template {
  return stored.map((part): PatternPart | VariablePart => {
    if (typeof part === "string") return { kind: "text", text: part };
    return part === 0 ? { kind: "any" } : part === 1 ? { kind: "one" } : part;
  });
}
