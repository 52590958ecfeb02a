import type { HealthCheckConfig, HttpMatch } from "@aws-sdk/client-vpc-lattice";
import type { Tags } from "./tags.ts";

/** A Kubernetes service behind a route or an export, with the pods that are its targets. */
export interface Backend {
  readonly service: string;
  readonly pods: readonly { readonly id: string; readonly port: number }[];
  readonly weight?: number;
  /** A TargetGroupPolicy's. */
  readonly healthCheck?: HealthCheckConfig;
  readonly protocol?: "HTTP" | "HTTPS";
}

export type RouteKind = "HTTPRoute" | "GRPCRoute" | "TLSRoute";

export interface RouteRule {
  /** Of no meaning to a TLSRoute. */
  readonly match: HttpMatch;
  /** None that exists: the rule answers 500. */
  readonly backends: readonly Backend[];
  /** Target groups of ServiceImports, by id. */
  readonly imports?: readonly { readonly id: string; readonly weight: number }[];
}

export interface Route {
  readonly kind: RouteKind;
  readonly name: string;
  readonly namespace: string;
  /** Names of service networks: the gateways that the route is attached to. */
  readonly networks: readonly string[];
  readonly listeners: readonly { readonly port: number; readonly protocol: "HTTP" | "HTTPS" | "TLS_PASSTHROUGH" }[];
  readonly rules: readonly RouteRule[];
  readonly hostname?: string;
  readonly certificateArn?: string;
  /** Of the annotation for additional tags. */
  readonly tags?: Tags;
  /** Who may own the service so far, by the value of its ManagedBy tag. */
  readonly takeOverFrom?: string;
}

/** What a target group is for: its own tags say so. */
export interface GroupSource {
  readonly kind: RouteKind | "ServiceExport";
  readonly service: string;
  readonly namespace: string;
  readonly route?: string;
}

/** @returns a name cut to a length, without a hyphen at either end */
function cut(name: string, length: number): string {
  return name.slice(0, length).replace(/^-+|-+$/g, "");
}

/** @returns the name of a route's service */
export function serviceName({ name, namespace }: Pick<Route, "name" | "namespace">): string {
  return `${cut(name, 20)}-${cut(namespace, 18)}`;
}

export function listenerName(route: Route, { port, protocol }: Route["listeners"][number]): string {
  const word = protocol === "TLS_PASSTHROUGH" ? "tls" : protocol.toLowerCase();
  return `${serviceName(route)}-${port}-${word}`;
}

/** @returns a target group's name, which no other has */
export function groupName({ namespace, service }: GroupSource): string {
  const letters = Array.from({ length: 10 }, () => "abcdefghijklmnopqrstuvwxyz"[Math.floor(Math.random() * 26)]);
  return `k8s-${cut(namespace, 55)}-${cut(service, 55)}-${letters.join("")}`;
}

/** @returns the match of one gRPC method, of all of a service, or of everything */
export function grpcMatch(service?: string, method?: string): HttpMatch {
  const path =
    service === undefined
      ? { prefix: "/" }
      : method === undefined
        ? { prefix: `/${service}/` }
        : { exact: `/${service}/${method}` };
  return { method: "POST", pathMatch: { match: path, caseSensitive: true } };
}
