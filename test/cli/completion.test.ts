import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runPergola } from "./run-pergola.ts";

let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "pergola-completion-"));
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout, stderr } = await runPergola(["completion", shell]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    writeFileSync(join(directory, shell), stdout);
  }
  writeFileSync(join(directory, "network.yaml"), "pergola: 1\n");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What bash offers after these words; the last is the one being typed. */
function offered(...words: readonly string[]): string[] {
  const script = `source ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pergola; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync("bash", ["-c", script, "bash", "pergola", ...words], { cwd: directory, encoding: "utf8" });
  return out.split("\n").filter((line) => line !== "");
}

describe("completion in bash", () => {
  it.each([
    [["he"], []],
    [["ex"], ["explain", "export"]],
    [
      ["policy", ""],
      ["lint", "-h", "--help"],
    ],
    [["identity", "create-u"], ["create-user"]],
    [
      ["get", "target"],
      ["target-groups", "targets"],
    ],
    [
      ["get", "services", "-o", ""],
      ["table", "wide", "json", "yaml"],
    ],
    [
      ["get", "--region", "x", "serv"],
      ["services", "service-networks"],
    ],
    [["apply", "--pr"], ["--prune"]],
    [["apply", "-f", "net"], ["network.yaml"]],
    [["completion", ""], expect.arrayContaining(["bash", "zsh", "fish"])],
  ])("after %j there is %j", (words, expected) => {
    expect(offered(...words)).toEqual(expected);
  });
});

describe("completion scripts", () => {
  it("hold every command and every option of its help", async () => {
    const { stdout: help } = await runPergola(["apply", "--help"]);
    const options = [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, name = ""]) => name);
    expect(options).toContain("--prune");

    for (const shell of ["bash", "zsh", "fish"]) {
      const script = execFileSync("cat", [join(directory, shell)], { encoding: "utf8" });
      for (const name of options) expect(script).toContain(shell === "fish" ? `-l ${name.slice(2)}` : name);
      for (const command of ["serve", "rollback", "create-access-key"]) expect(script).toContain(command);
    }
  });

  it("are refused for a shell that they do not know", async () => {
    expect(await runPergola(["completion", "tcsh"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Allowed choices are bash, zsh, fish"),
    });
  });
});

it.each(["export", "apply", "diff", "history", "rollback", "get", "describe", "completion"])(
  "pergola %s explains itself",
  async (command) => {
    const { code, stdout } = await runPergola([command, "--help"]);

    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: pergola ${command}`);
    expect(stdout).toContain("Examples:");
  },
);
