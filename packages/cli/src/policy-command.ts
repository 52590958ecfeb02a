import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type PolicyFinding, validateAuthPolicy } from "@pergola/iam";
import { Command, Option } from "commander";
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
      let text: string;
      try {
        text = file === "-" ? await readStandardInput() : await readFile(resolve(io.cwd(), file), "utf8");
      } catch (error) {
        io.stderr.write(`pergola: \`${file}\` cannot be read: ${(error as NodeJS.ErrnoException).code}\n`);
        setExitCode(1);
        return;
      }
      const findings = validateAuthPolicy(text);
      io.stdout.write(output === "json" ? `${JSON.stringify(findings, null, 2)}\n` : asText(file, findings));
      if (findings.some(({ severity }) => severity === "error")) setExitCode(1);
    });
  return new Command("policy").description("work on auth policies").addCommand(lint);
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
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
