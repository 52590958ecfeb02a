import type { Table } from "./storage.ts";

const readActions = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"];
/** A transaction needs the permissions of what is in it. Source: DynamoDB developer guide, "Amazon DynamoDB Transactions: IAM", read 2026-11. */
const writeActions = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"];

/** @returns the statement for a function that only reads configuration */
export function readsTable(table: Table) {
  return { actions: readActions, resources: [table.arn] };
}

/** @returns the statement for a function that writes it, too */
export function writesTable(table: Table) {
  return { actions: [...readActions, ...writeActions], resources: [table.arn] };
}
