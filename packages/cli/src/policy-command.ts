import { type PolicyFinding, validateAuthPolicy } from "@pergola/iam";
import { Command, Option } from "commander";
import { readBoundedFile } from "./read-bounded-file.ts";
import type { CliIo, SetExitCode } from "./run-cli.ts";

/** `pergola policy …`: works on policy files, without a server. */
export function policyCommand(io: CliIo, setExitCode: SetExitCode): Command {
  const lint = new Command("lint")
    .description("check an auth policy: exit code 1 when it has errors")
    .argument("<file>", "the policy as JSON; - for standard input")
    .addOption(
      new Option("-o, --output <format>", "how findings are printed").choices(["text", "json"]).default("text"),
    )
    .addHelpText(
      "after",
      `
Examples:
  pergola policy lint policy.json
  aws vpc-lattice get-auth-policy --resource-identifier svc-… --query policy --output text | pergola policy lint -
  pergola policy lint policy.json -o json | jq '.[] | select(.severity == "error")'`,
    )
    .action(async (file: string, { output }: { output: "text" | "json" }) => {
      const text = await readBoundedFile(file, io);
      const findings = validateAuthPolicy(text);
      io.stdout.write(output === "json" ? `${JSON.stringify(findings, null, 2)}\n` : asText(file, findings));
      if (findings.some(({ severity }) => severity === "error")) setExitCode(1);
    });
  return new Command("policy").description("work on auth policies").addCommand(lint);
}

function asText(file: string, findings: readonly PolicyFinding[]): string {
  if (findings.length === 0) return `${file}: no findings\n`;
  return findings
    .map(({ severity, path, sid, message }) => {
      const where = [path, sid === undefined ? "" : `(${sid})`].filter((part) => part !== "").join(" ");
      return `${severity}: ${where === "" ? "" : `${where}: `}${message}\n`;
    })
    .join("");
}
