import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { trimBundle } from "../../stacks/trim-bundle.ts";
import { sstBanner } from "./bundle.ts";

/** @returns the modules of a folder after it was trimmed */
async function trimmed(modules: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const dir = mkdtempSync(join(tmpdir(), "trim-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, source] of Object.entries(modules)) writeFileSync(join(dir, name), `${sstBanner}\n${source}`);
  await trimBundle(dir);
  return Object.fromEntries(Object.keys(modules).map((name) => [name, readFileSync(join(dir, name), "utf8")]));
}

const helpers = "var a=Object.defineProperty;var b=(c,d)=>{for(var e in d)a(c,e,{get:d[e]})};export{b as a};\n";

it("a module has neither SST's banner nor the helpers that it does not use", async () => {
  const result = await trimmed({
    "bundle.mjs": 'import"./chunk-A1.mjs";import{setTimeout as $t}from"node:timers";export{$t as handler};\n',
    "chunk-A1.mjs": helpers,
    "lazy-B2.mjs": 'import{a as x}from"./chunk-A1.mjs";x({},{});\n',
  });
  expect(result).toEqual({
    "bundle.mjs": "const $t=setTimeout;export{$t as handler};\n",
    "chunk-A1.mjs": helpers,
    "lazy-B2.mjs": 'import{a as x}from"./chunk-A1.mjs";x({},{});\n',
  });
});

it.each(['require("x")', "f(__dirname)", "f(__filename)"])("a module with %s keeps the banner", async (use) => {
  const result = await trimmed({ "bundle.mjs": `var f=String;${use};\n` });
  expect(result["bundle.mjs"]).toBe(`${sstBanner}\nvar f=String;${use};\n`);
});

it.each([
  "globalThis.a=1;export{};\n",
  "var a=Object.create;globalThis.a=1;export{a};\n",
  "var a=Object.create,b=a({});export{a};\n",
  "var a=Object.create,b=(c=>c)(1);export{a};\n",
  'import"./chunk-C3.mjs";var a=Object.create;export{a};\n',
  'var a=Object.create;import"./chunk-C3.mjs";export{a};\n',
])("a chunk is imported that may do something: %s", async (chunk) => {
  const result = await trimmed({
    "bundle.mjs": 'import"./chunk-A1.mjs";\n',
    "chunk-A1.mjs": chunk,
    "chunk-C3.mjs": "f();\n",
  });
  expect(result["bundle.mjs"]).toBe('import"./chunk-A1.mjs";\n');
});

it("a module that looks otherwise stays as it is", async () => {
  const dir = mkdtempSync(join(tmpdir(), "trim-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const source = `/* first */${sstBanner}\nimport "./chunk-A1.mjs";\n`;
  writeFileSync(join(dir, "bundle.mjs"), source);
  await trimBundle(dir);
  expect(readFileSync(join(dir, "bundle.mjs"), "utf8")).toBe(source);
});
