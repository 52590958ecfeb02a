import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";
import type { Logger } from "@pergola/core";
import type { TracingHost } from "./tracing-host.ts";

type Env = TracingHost["env"];

const samplers: Readonly<Record<string, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
};

const usual = "parentbased_always_on";

/**
 * Which requests are traced, by OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG: the SDK does not read them itself.
 * @param logger told of values that mean nothing; the specification wants the default in their place
 */
export function samplerOf(env: Env, logger: Logger): Sampler {
  const name = env.OTEL_TRACES_SAMPLER?.trim() || usual;
  const isKnown = Object.hasOwn(samplers, name);
  if (!isKnown)
    logger.warn(`OTEL_TRACES_SAMPLER \`${name}\` is unknown, ${usual} is used`, { known: Object.keys(samplers) });
  return (samplers[isKnown ? name : usual] as (ratio: number) => Sampler)(ratioOf(env, logger));
}

function ratioOf({ OTEL_TRACES_SAMPLER_ARG: text }: Env, logger: Logger): number {
  if (text === undefined || text.trim() === "") return 1;
  const ratio = Number(text);
  if (ratio >= 0 && ratio <= 1) return ratio;
  logger.warn(`OTEL_TRACES_SAMPLER_ARG \`${text}\` is no number from 0 to 1, 1 is used`);
  return 1;
}
