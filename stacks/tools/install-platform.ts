/** Extracts SST's platform beside `sst.config.ts` and installs its packages, once for each version of sst. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
const platform = path.join(root, ".sst/platform");
const tools = path.join(root, "stacks/node_modules");

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "";
}

/** Of a loopback port that nobody listens on: only the package registry is to be asked. */
const nowhere = "http://127.0.0.1:9";

const stampFile = path.join(root, ".sst/installed-for");
/** Which sst, and which providers: the configuration names them in one line. */
const [providers] = /providers: .*/.exec(readFileSync(path.join(root, "sst.config.ts"), "utf8")) ?? [];
if (providers === undefined) throw new Error("sst.config.ts: keep `providers` in one line");
const stamp = createHash("sha256")
  .update(readFileSync(path.join(tools, "sst/package.json")))
  .update(providers)
  .digest("hex");
const isInstalled = existsSync(path.join(platform, "config.d.ts")) && textOf(stampFile) === stamp;

if (!isInstalled) {
  execFileSync(path.join(tools, ".bin/sst"), ["install", "--stage", "test"], {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      // Neither the deployment engine nor bun from elsewhere: bun comes from npm, and the platform's lock file is bun's.
      SST_SKIP_DEPENDENCY_CHECK: "1",
      SST_BUN_PATH: path.join(tools, ".bin/bun"),
      SST_TELEMETRY_DISABLED: "1",
      AWS_ENDPOINT_URL: nowhere,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ACCESS_KEY_ID: "offline",
      AWS_SECRET_ACCESS_KEY: "offline",
      AWS_REGION: "us-east-1",
    },
  });
  // Nothing in there is for version control or for linters.
  writeFileSync(path.join(root, ".sst/.gitignore"), "*\n");
  writeFileSync(stampFile, `${stamp}\n`);
}
