import type { Clock, Logger, Slots, Target, TargetDirectory, TargetGroupSnapshot, TargetHealth } from "@pergola/core";
import { type CheckSettings, checkSettings, probeOf } from "./check-settings.ts";
import { afterProbe, type ProbeState } from "./probe-state.ts";
import type { Probe, Prober } from "./prober.ts";
import { matchesStatus } from "./status-matcher.ts";

export interface CheckPorts {
  readonly clock: Clock;
  readonly targets: TargetDirectory;
  readonly prober: Prober;
  readonly logger: Logger;
  /** What bounds the probes under way. */
  readonly slots: Slots;
  /** @returns milliseconds until the first probe of a target that is due, for its interval */
  firstPause(intervalMs: number): number;
  /** Stores a new status. */
  save(groupId: string, target: Target, health: TargetHealth): Promise<void>;
}

/** How far the probing of a target has come: enough for another process to go on with it. */
export interface TargetProgress {
  /** Probes in a row that speak against the status. */
  readonly against: number;
  /** When the last probe began, epoch milliseconds. */
  readonly probedAt: number;
}

/** The probing of one target of one group, as the group was configured when it began. */
export interface TargetCheck {
  status(): TargetHealth["status"];
  /** @returns undefined before the first probe */
  progress(): TargetProgress | undefined;
  /** Stops; resolves when nothing more will be probed or stored. */
  stop(): Promise<void>;
}

/** Share of the interval by which a pause varies, so that targets do not stay in step. */
const jitter = 0.05;

/**
 * @param last the status that was stored last: where a restarted process goes on
 * @param earlier what an earlier process had found out, whose interval goes on too
 */
export function startTargetCheck(
  group: TargetGroupSnapshot,
  target: Target,
  last: TargetHealth["status"],
  ports: CheckPorts,
  earlier?: TargetProgress,
): TargetCheck {
  const settings = checkSettings(group);
  const { intervalMs, thresholds } = settings;
  let isStopping = false;
  let probing: AbortController | undefined;
  let state: ProbeState = { status: last, against: earlier?.against ?? 0 };
  let probedAt = earlier?.probedAt;
  let stored = last;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const round = async (): Promise<void> => {
    const failure = await ports.slots.run(async () => {
      if (isStopping) return "stopped";
      probedAt = ports.clock.now().getTime();
      const probe = probeOf(group, target, ports.targets);
      if (probe === undefined) return "the target has no known address";
      probing = new AbortController();
      return ask(probe, ports.prober, settings, probing).finally(() => {
        probing = undefined;
      });
    });
    if (isStopping) return;
    state = afterProbe(state, failure === undefined, thresholds);
    // Compared with what is stored, not with the state before: a status that could not be stored is stored later.
    if (state.status === stored) return;
    const { status } = state;
    const since = ports.clock.now().toISOString();
    const reason = status === "UNHEALTHY" ? { reasonCode: "HealthCheckFailed" } : {};
    await ports.save(group.id, target, { status, since, ...reason });
    stored = status;
    ports.logger.info("a target's health changed", {
      targetGroup: group.id,
      target: target.id,
      port: target.port,
      status,
      ...(failure !== undefined && { failure }),
    });
  };
  const schedule = (milliseconds: number): void => {
    timer = setTimeout(() => {
      const start = performance.now();
      running = round()
        .catch((cause: unknown) => {
          ports.logger.error("a target's health could not be stored", {
            targetGroup: group.id,
            target: target.id,
            cause,
          });
        })
        .finally(() => {
          running = undefined;
          const pause = intervalMs * (1 - jitter + 2 * jitter * Math.random());
          if (!isStopping) schedule(Math.max(0, pause - (performance.now() - start)));
        });
    }, milliseconds);
  };
  schedule(restOf(intervalMs, probedAt, ports.clock.now().getTime()) ?? ports.firstPause(intervalMs));

  return {
    status: () => stored,
    // A status that could not be stored is the next process's to find out again.
    progress: () =>
      probedAt === undefined ? undefined : { against: state.status === stored ? state.against : 0, probedAt },
    async stop() {
      isStopping = true;
      probing?.abort(new Error("the check has stopped"));
      clearTimeout(timer);
      await running;
    },
  };
}

/** @returns what is wrong with the answer, or why there is none; undefined when all is well */
async function ask(
  probe: Probe,
  prober: Prober,
  { timeoutMs, httpCode }: CheckSettings,
  probing: AbortController,
): Promise<string | undefined> {
  // Signals that wait for time or for one another cost a probe more processor time and memory than its connection.
  const timer = setTimeout(() => probing.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    const status = await prober.probe(probe, probing.signal);
    return matchesStatus(httpCode, status) ? undefined : `status ${status} is not in \`${httpCode}\``;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns milliseconds that are left of the interval that an earlier process began, if any are */
function restOf(intervalMs: number, probedAt: number | undefined, now: number): number | undefined {
  const elapsed = probedAt === undefined ? intervalMs : Math.max(0, now - probedAt);
  return elapsed < intervalMs ? intervalMs - elapsed : undefined;
}
