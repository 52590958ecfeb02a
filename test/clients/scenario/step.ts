import type * as lattice from "@aws-sdk/client-vpc-lattice";
import type { CallerName } from "../api-client.ts";

type Exported = typeof lattice;

/** Every operation that the SDK has a command for. */
export type OperationName = {
  [K in keyof Exported]: K extends `${infer Name}Command` ? (Name extends "$" ? never : Name) : never;
}[keyof Exported];

export type InputOf<Name extends OperationName> = Exported[`${Name}Command`] extends new (
  ...args: never[]
) => { readonly input: infer Input }
  ? Input
  : never;

export type OutputOf<Name extends OperationName> = Exported[`${Name}Command`] extends new (
  ...args: never[]
) => { resolveMiddleware(...args: never[]): (args: never) => Promise<{ output: infer Output }> }
  ? Output
  : never;

/**
 * One call and what is expected of it. Texts may hold `{…}`: a variable that an earlier step saved, `{run}` (eight hex digits that
 * no other run has) or one of the world's.
 */
export interface StepOf<Name extends OperationName> {
  readonly call: Name;
  readonly with?: InputOf<Name>;
  readonly as?: CallerName;
  /** What the answer has at least, as `toMatchObject` understands it. */
  readonly gives?: Readonly<Record<string, unknown>>;
  /** Members that the answer does not have. */
  readonly lacks?: readonly string[];
  /** Variables and where in the answer they are (`items.0.id`). */
  readonly saves?: Readonly<Record<string, string>>;
  /** The error that is expected in place of an answer. */
  readonly fails?: ExpectedFailure;
  /** Repeats the call until the answer is as expected, for a few seconds at most: what Terraform's waiters do. */
  readonly until?: true;
  /** Has the client's own paginator collect all pages of this size. */
  readonly pageSize?: number;
}

export interface ExpectedFailure {
  readonly type:
    | "ValidationException"
    | "AccessDeniedException"
    | "ConflictException"
    | "ResourceNotFoundException"
    | "ServiceQuotaExceededException";
  /** Members of the error, as `toMatchObject` understands them; clients that show none are not asked. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** What its message contains. */
  readonly says?: string;
}

export type Step = { readonly [Name in OperationName]: StepOf<Name> }[OperationName];

/** HTTP status of each error. */
export const failureStatus: Readonly<Record<ExpectedFailure["type"], number>> = {
  ValidationException: 400,
  ServiceQuotaExceededException: 402,
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  ConflictException: 409,
};
