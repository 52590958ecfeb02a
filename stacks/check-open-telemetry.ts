/** Variables of OpenTelemetry that count on Lambda and in the gateway. `docs/metrics.md` says what each does. */
const known =
  /^OTEL_(EXPORTER_OTLP_(TRACES_)?(ENDPOINT|TIMEOUT|COMPRESSION)|SERVICE_NAME|RESOURCE_ATTRIBUTES|TRACES_SAMPLER(_ARG)?)$/;
const keys = /^OTEL_EXPORTER_OTLP_(TRACES_)?HEADERS$/;
/** All environment variables of a function have 4 KB together. Source: Lambda developer guide, "Quotas", read 2026-11. */
const maxCharacters = 1_500;

/** @returns one sentence for each thing that is wrong with the variables */
export function problemsOfOpenTelemetry(variables: Readonly<Record<string, string>>): string[] {
  const problems: string[] = [];
  const names = Object.keys(variables);
  for (const name of names) {
    // Whoever may read a function's configuration would have the key.
    if (keys.test(name)) problems.push(`use no ${name}: let a collector near the routers add the key`);
    else if (!known.test(name)) problems.push(`use variables that count (docs/metrics.md), not \`${name}\``);
  }
  const endpoints = names.filter((name) => name.endsWith("_ENDPOINT"));
  if (endpoints.length === 0) problems.push("name the receiver in OTEL_EXPORTER_OTLP_ENDPOINT");
  for (const name of endpoints) {
    if (!isPlainUrl(variables[name] ?? "")) problems.push(`${name}: use an http or https URL without a password`);
  }
  if (JSON.stringify(variables).length > maxCharacters)
    problems.push(`use at most ${maxCharacters} characters in all of them`);
  return problems.map((problem) => `openTelemetry: ${problem}`);
}

function isPlainUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}
