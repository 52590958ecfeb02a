import type { WireError } from "./protocol/rest-server.ts";

/** The API has the operation, Pergola does not. */
export class NotImplemented extends Error {
  override readonly name = "NotImplemented";
  readonly operation: string;

  constructor(operation: string) {
    super(
      `Pergola does not have the operation \`${operation}\`; docs/coverage.md and docs/compatibility.md list what it has`,
    );
    this.operation = operation;
  }
}

/** @returns how it looks to clients, whatever the API */
export function notImplemented({ message, operation }: NotImplemented): WireError {
  return { name: "NotImplementedException", status: 501, body: { message, operation } };
}
