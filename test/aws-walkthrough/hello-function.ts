import { pathToFileURL } from "node:url";
import type { FunctionCode } from "./aws-endpoint.ts";

/** @returns the code of the example function, which the walkthrough on one machine runs too */
export async function helloFunction(): Promise<FunctionCode> {
  const { handler } = (await import(pathToFileURL("functions/hello.mjs").href)) as { handler: FunctionCode };
  return handler;
}
