import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { compileRouterAhead } from "../../stacks/compile-ahead.ts";
import { declaredFunctions, placeOf, withEagerFunctions } from "../../stacks/tools/eager-functions.ts";
import { bundleEntries } from "./bundle.ts";

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "ahead-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** @param texts of functions in the module @returns the module with these in brackets */
function withEager(source: string, ...texts: readonly string[]): string {
  const places = texts.map((text) => {
    const start = source.indexOf(text);
    if (start < 0) throw new Error(`no \`${text}\` in the module`);
    return placeOf({ start, end: start + text.length });
  });
  return withEagerFunctions(source, new Set(places));
}

describe("a module whose start calls functions", () => {
  it.each([
    ["a declaration", "b();function b(){return 1}", ["function b(){return 1}"], "var b=(function (){return 1});b();"],
    [
      "an asynchronous generator",
      "async function*b(){}export{b};",
      ["async function*b(){}"],
      "var b=(async function*(){});export{b};",
    ],
    ["a function expression", "x(function(){});", ["function(){}"], "x((function(){}));"],
    ["an arrow", "x(a=>a+1,()=>({}));", ["a=>a+1", "()=>({})"], "x((a=>a+1),(()=>({})));"],
    [
      "what is inside another",
      "function b(a){return a.map(c=>d=>e)}b([]);",
      ["function b(a){return a.map(c=>d=>e)}", "c=>d=>e", "d=>e"],
      "var b=(function (a){return a.map((c=>(d=>e)))});b([]);",
    ],
    [
      "two in a row",
      "function a(){}function b(){}",
      ["function a(){}", "function b(){}"],
      "var a=(function (){}),b=(function (){});",
    ],
    ["text after a change", "x(`ä😀`);y(()=>1);", ["()=>1"], "x(`ä😀`);y((()=>1));"],
  ])("has %s in brackets", (_what, source, texts, expected) => {
    expect(withEager(source, ...texts)).toBe(expected);
  });

  it.each([
    ["functions that are not called", "function b(){}x(()=>1);"],
    [
      "methods",
      "class A{b(){}static get c(){return 1}constructor(){}}x({d(){},get e(){return 1},set e(f){}});",
      "b(){}",
    ],
    ["asynchronous arrows", "x(async()=>{});", "async()=>{}"],
    ["declarations inside others", "{function b(){}}", "function b(){}"],
    ["exported declarations", "export function b(){}export default function c(){}", "function b(){}"],
  ])("has %s as they were", (_what, source, ...texts) => {
    expect(withEager(source, ...texts)).toBe(source);
  });

  it("means the same: functions are there before their line, have their names and call each other", async () => {
    const source = `export const early=b(3);function b(n){return n===0?[]:[n,...c(n-1)]}function c(n){return b(n)}
      export{b,c};export const d=n=>n+1;export const e=function(){return new.target!==undefined};`;
    const texts = source.match(/function \w.*?(?=function|\n)|n=>n\+1|function\(\).*?\}/g) ?? [];
    const result = withEager(source, ...texts);
    expect([texts.length, result.match(/\(function|\(n=>/g)?.length]).toEqual([4, 4]);
    const load = (text: string) => import(`data:text/javascript,${encodeURIComponent(text)}`);
    const [before, after] = [await load(source), await load(result)];
    expect(after.early).toEqual([3, 2, 1]);
    for (const name of ["b", "c", "d", "e"]) expect(after[name].name).toBe(before[name].name);
    expect([after.b(2), after.d(1), new after.e() instanceof after.e]).toEqual([[2, 1], 2, true]);
  });

  it("has V8 compile what is in brackets before anything of it runs", () => {
    const dir = folder();
    const source = "function a(){return 1}const b=()=>2,c=()=>3;function d(){return 4}a(b(c(d())));";
    const file = join(dir, "module.mjs");
    writeFileSync(file, withEager(source, "function a(){return 1}", "()=>2"));
    const log = join(dir, "functions.log");
    execFileSync(process.execPath, ["--log-function-events", "--no-logfile-per-isolate", `--logfile=${log}`, file]);
    const lines = readFileSync(log, "utf8").split("\n");
    const script = lines
      .find((line) => line.startsWith("script-details") && line.includes("module.mjs"))
      ?.split(",")[1];
    // `function,<event>,<script>,<begin>,<end>,<ms>,<time>,<name>`: what is parsed by itself was not compiled with the script.
    const later = lines
      .map((line) => line.split(","))
      .filter((parts) => parts[1] === "parse-function" && parts[2] === script);
    expect(later.map((parts) => parts[7]).toSorted()).toEqual(["c", "d"]);
  });
});

describe.each(["router-stream", "router-buffered", "router-alb"] as const)("the bundle of %s", (entry) => {
  it("has nothing left to compile one by one of the functions that it declares and a start calls", async () => {
    const dir = folder();
    await bundleEntries([entry], dir);
    const bundle = join(dir, `${entry}.mjs`);
    const program = `const { recordStart } = await import(${JSON.stringify(import.meta.resolve("../../stacks/tools/record-start.ts"))});
      console.log(JSON.stringify([...await recordStart(${JSON.stringify(bundle)}, ${JSON.stringify(entry)})])); process.exit(0);`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
    const called = new Set<string>(JSON.parse(printed));
    expect(called.size).toBeGreaterThan(200);
    const source = readFileSync(bundle, "utf8");
    expect(declaredFunctions(source).filter((one) => called.has(placeOf(one)))).toEqual([]);
    expect(source).toMatch(/^var [\w$]+=\((?:async )?function/);
  });
});

describe("a bundle that does not start", () => {
  it("is refused, with what it printed, and stays as it is", async () => {
    const bundle = join(folder(), "router-stream.mjs");
    const source = 'throw new Error("no start today");';
    writeFileSync(bundle, source);
    await expect(compileRouterAhead(bundle, "router-stream")).rejects.toThrow("no start today");
    expect(readFileSync(bundle, "utf8")).toBe(source);
  });

  it("is refused where it answers something else than the service would", async () => {
    const bundle = join(folder(), "router-buffered.mjs");
    writeFileSync(bundle, "export const handler=async()=>({statusCode:500});");
    await expect(compileRouterAhead(bundle, "router-buffered")).rejects.toThrow("router-buffered answered 500");
  });

  it("is no matter where the entry is no router", async () => {
    const bundle = join(folder(), "control-plane.mjs");
    await expect(compileRouterAhead(bundle, "control-plane")).resolves.toBeUndefined();
  });
});
