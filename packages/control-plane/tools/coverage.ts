import { latticeOperations, operations } from "@pergola/control-plane";

/** @returns the text of `docs/coverage.md`: every operation of the API by resource, and whether Pergola has it */
export function coverageText(): string {
  const present = latticeOperations.filter(({ name }) => Object.hasOwn(operations, name)).length;
  const rows = latticeOperations.map(({ name, method, segments }) => ({
    resource: segments[0] ?? "",
    line: `| \`${name}\` | ${method} | \`/${segments.join("/")}\` | ${Object.hasOwn(operations, name) ? "yes" : "no"} |`,
  }));
  const sections = [...new Set(rows.map(({ resource }) => resource))].sort().map((resource) => {
    const lines = rows.filter((row) => row.resource === resource).map((row) => row.line);
    return [`## /${resource}`, "", "| Operation | Method | Path | In Pergola |", "|---|---|---|---|", ...lines].join(
      "\n",
    );
  });
  const rest =
    present === latticeOperations.length
      ? "One that a newer API adds answers 501 `NotImplementedException` with its name."
      : "The others answer 501 `NotImplementedException` with the operation's name.";
  return `${[
    "# Coverage of the VPC Lattice API",
    "",
    `${present} of ${latticeOperations.length} operations. ${rest}`,
    "",
    "Written by `node packages/control-plane/tools/write-coverage.ts` from the schemas of `@aws-sdk/client-vpc-lattice` and the table",
    "of operations in `packages/control-plane/src/operations.ts`; a test keeps it current. Every operation and paginator is called by",
    "the AWS SDK for JavaScript in `npm test`, by the AWS CLI, boto3 and aws-sdk-go-v2 in `npm run test:clients`; a command of theirs",
    "that the scenarios in `test/clients` leave out fails a test.",
    "",
    sections.join("\n\n"),
  ].join("\n")}\n`;
}
