import { walkThrough } from "./walkthrough.ts";

/** `npm run walkthrough`: prints each step, and ends non-zero at the first thing that isn't so. */
try {
  await walkThrough((line) => process.stdout.write(`${line}\n`));
  process.stdout.write("\nThe walkthrough is through.\n");
} catch (error) {
  process.stderr.write(`✗ ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}
