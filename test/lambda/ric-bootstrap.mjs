// Runs an entry on AWS's own runtime client, `LAMBDA_RIC=<index.mjs of aws-lambda-ric>`. Its native half, which asks for events and
// sends buffered responses, is put in for by node:http; everything else, response streaming included, is AWS's code.
import { execFileSync } from "node:child_process";
import { registerHooks } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

process.env.AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1 = "true";
const post = (path, body, headers = []) =>
  execFileSync(
    "curl",
    [
      "-sS",
      "-X",
      "POST",
      "--data-binary",
      "@-",
      ...headers.flatMap((header) => ["-H", header]),
      `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/${path}`,
    ],
    { input: body },
  );
globalThis.pergolaNativeClient = {
  done: (id, body) => post(`${id}/response`, body),
  error: (id, body) => post(`${id}/error`, body),
};
const native = "pergola:native";
registerHooks({
  resolve: (specifier, context, next) =>
    specifier.endsWith("rapid-client.node")
      ? { url: native, format: "commonjs", shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) =>
    url === native
      ? { format: "commonjs", source: "module.exports = globalThis.pergolaNativeClient;", shortCircuit: true }
      : next(url, context),
});
const bundle = process.argv[2];
const { run } = await import(pathToFileURL(process.env.LAMBDA_RIC).href);
await run(
  dirname(bundle),
  `${join(bundle)
    .split("/")
    .at(-1)
    .replace(/\.mjs$/, "")}.handler`,
);
