/**
 * Has V8 compile what a router's start calls together with the router's file, in place of one function after another: some 5 % of a cold
 * start (docs/lambda.md, "Bundles"). Runs the router's first request, and writes the file anew.
 *
 * Usage: node stacks/tools/compile-ahead.ts <bundle> router-stream|router-buffered|router-alb
 */
import { readFileSync, writeFileSync } from "node:fs";
import { withEagerFunctions } from "./eager-functions.ts";
import { type RouterEntry, recordStart } from "./record-start.ts";

const [bundle, entry] = process.argv.slice(2);
if (bundle === undefined || !["router-stream", "router-buffered", "router-alb"].includes(entry ?? "")) {
  throw new Error("usage: node stacks/tools/compile-ahead.ts <bundle> router-stream|router-buffered|router-alb");
}
const source = readFileSync(bundle, "utf8");
const called = await recordStart(bundle, entry as RouterEntry);
writeFileSync(bundle, withEagerFunctions(source, called));
// What the router keeps open would hold the process.
process.exit(0);
