import { monotonicNow } from "@pergola/core";
import { type Answer, Call, type Stage, type Verdict } from "./call.ts";
import type { Configuration } from "./configuration/configuration.ts";
import type { Exchange } from "./exchange.ts";
import { grpcStatus } from "./grpc/grpc-status.ts";
import { forwardLambda } from "./lambda/forward-lambda.ts";
import { countRequest, countStatus, type Metrics } from "./metrics.ts";
import { createOutcomeNotes } from "./outcome-notes.ts";
import type { RequestPorts, ResolvedOptions } from "./ports.ts";
import { requestIdOf } from "./request-id.ts";
import { sendAnswer } from "./send-answer.ts";
import type { SignatureCheck } from "./signature-check.ts";
import { authenticate } from "./stages/authenticate.ts";
import { authorise } from "./stages/authorise.ts";
import { chooseNetwork } from "./stages/choose-network.ts";
import { chooseTarget } from "./stages/choose-target.ts";
import { forward } from "./stages/forward.ts";
import { limitRate } from "./stages/limit-rate.ts";
import { matchRule } from "./stages/match-rule.ts";
import { resolveService } from "./stages/resolve-service.ts";
import { writeRecord } from "./write-record.ts";

export interface PipelineParts {
  readonly ports: RequestPorts;
  readonly options: ResolvedOptions;
  readonly configuration: Configuration;
  /** Forwards to HTTP targets. */
  readonly http: (call: Call) => Verdict | Promise<Verdict>;
  readonly signatures: SignatureCheck;
  readonly metrics: Metrics;
}

/** Answers requests, whichever host they come from. */
export interface Pipeline {
  /** Takes over an exchange; it answers in any case. With configuration in memory it works synchronously up to the forward. */
  handle(exchange: Exchange): Call;
  /** Records a call whose response is complete or whose client is gone. Hosts call it once for each call. */
  finish(call: Call): void;
}

/** Builds what takes requests through the stages, whichever way they end. */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { ports, options, metrics } = parts;
  const { logger } = ports;
  const stages = stagesInOrder(parts);
  const noteOutcome = createOutcomeNotes(options, metrics, logger);
  const settle = (call: Call, verdict: Verdict): void => {
    if (verdict !== "taken") sendAnswer(call, verdict ?? call.fail("internal"));
  };
  const failed = (call: Call, error: unknown): Answer => {
    // Without configuration nobody can say who may call: refused, never let through.
    const known = call.network !== undefined && call.target !== undefined;
    logger.error("request failed", { requestId: call.requestId, error: String(error) });
    return call.fail(known ? "internal" : "configurationUnavailable");
  };
  const run = (call: Call, from: number): void => {
    try {
      for (let at = from; at < stages.length; at += 1) {
        const verdict = (stages[at] as Stage)(call);
        if (verdict === undefined) continue;
        if (!(verdict instanceof Promise)) {
          settle(call, verdict);
          return;
        }
        verdict.then(
          (later) => (later === undefined ? run(call, at + 1) : settle(call, later)),
          (error: unknown) => settle(call, failed(call, error)),
        );
        return;
      }
      settle(call, undefined);
    } catch (error) {
      settle(call, failed(call, error));
    }
  };
  return {
    handle(exchange) {
      metrics.requests += 1;
      const call = new Call(exchange, requestIdOf(exchange, ports.ids.requestId), ports.clock.now());
      call.span = ports.tracing?.start(exchange.head, call.now);
      run(call, 0);
      return call;
    },
    finish(call) {
      if (call.exchange.isClientGone && call.failure === "-") {
        metrics.clientAborts += 1;
        const { status } = call.fail("clientGone");
        if (!call.exchange.responded) call.status = status;
      }
      noteOutcome(call);
      if (call.status > 0) countStatus(metrics, call.status);
      if (call.failure === "ClientAccessDenied" && isDenial(call)) metrics.denied += 1;
      const ended = monotonicNow();
      countRequest(call, ended);
      call.span?.end(call, ended - call.startedAt);
      try {
        writeRecord(call, ports, ended);
      } catch (error) {
        logger.error("access record could not be written", { requestId: call.requestId, error: String(error) });
      }
    },
  };
}

function stagesInOrder({ ports, options, configuration, http, signatures }: PipelineParts): readonly Stage[] {
  const { logger } = ports;
  return [
    // First, since policies, networks and rules all belong to the service.
    resolveService(configuration),
    // Before authentication: to a client outside the network a service does not exist, whoever it is.
    chooseNetwork(configuration, ports.vpcs, logger),
    // Before the work that a flood of requests is made for.
    limitRate(options.serviceRate),
    // Before any policy, and even without one: a wrong signature never passes.
    authenticate(signatures, logger, ports.credentialsReady),
    // Before rules, so that whoever is denied learns nothing of them, not even of a fixed response.
    authorise(logger),
    // Only now: the first work that the service's owner pays for.
    matchRule,
    // Late, so that a denied request moves no rotation on.
    chooseTarget(configuration, options.random),
    forward({
      http,
      lambda: forwardLambda({ lambda: ports.lambda, logger }),
    }),
  ];
}

/** By policy or signature: not for a service that is in none of the client's networks. */
function isDenial({ status, grpcStatus: grpc }: Call): boolean {
  return status === 403 || grpc === grpcStatus.permissionDenied;
}
