import { type Attributes, SpanStatusCode } from "@opentelemetry/api";
import type { PassedConnection } from "../passthrough/passthrough-record.ts";
import { bounded, latticeAttributes } from "./span-attributes.ts";

/** @returns what a span says of a connection of TLS passthrough that is over */
export function passedAttributes(passed: PassedConnection): Attributes {
  const { hello, reached, targetGroup, targetAddress, failure, authDeniedReason, requestId } = passed;
  const { service, network } = reached;
  const { listenerPort, peerAddress, peerPort } = hello.client;
  return {
    "network.transport": "tcp",
    "tls.client.server_name": bounded(hello.serverName),
    "server.address": bounded(hello.serverName),
    "server.port": listenerPort,
    "network.peer.address": peerAddress,
    "network.peer.port": peerPort,
    "error.type": isError(passed) ? failure : undefined,
    ...latticeAttributes({ service, network, targetGroup, targetAddress, failure, authDeniedReason, requestId }),
  };
}

/** @returns the span's status: the target's failures are errors, a client's are not */
export function passedStatus(passed: PassedConnection): { readonly code: SpanStatusCode } {
  return { code: isError(passed) ? SpanStatusCode.ERROR : SpanStatusCode.UNSET };
}

function isError({ failure }: PassedConnection): boolean {
  return failure.startsWith("Target") || failure === "InternalError";
}
