#!/usr/bin/env -S node --max-semi-space-size=16
// The young generation of a busy process grows to 128 MB else, to no measurable gain: docs/performance.md, "Memory". Not at run time: V8
// looks at it when it starts. The same in package.json and the Dockerfile.
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

// Compiled code of an earlier start halves the time of this one (0.75 to 0.3 s for the server's modules). The directory is the
// user's own: one that others could write to would let them run code here. Where it cannot be written, nothing is cached.
enableCompileCache(join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "pergola", "compiled"));

const { runCli } = await import("./run-cli.ts");
process.exitCode = await runCli(process.argv.slice(2), process);
