import { services } from "../scene.ts";

/**
 * Envoy with the nearest to what Pergola does here: the same services and rules as virtual hosts and routes, an RBAC filter in place
 * of the policies, a JSON access log. It can't verify SigV4.
 */
export function envoyConfig(directory: string, port: number, originPort: number): string {
  const manager = {
    "@type": `${types}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "bench",
    use_remote_address: true,
    route_config: { virtual_hosts: services.map(virtualHost) },
    access_log: [accessLog(`${directory}/access.log`)],
    http_filters: [
      { name: "rbac", typed_config: { "@type": `${types}.filters.http.rbac.v3.RBAC`, rules: rbac("ALLOW") } },
      { name: "rbac2", typed_config: { "@type": `${types}.filters.http.rbac.v3.RBAC`, rules: rbac("DENY") } },
      { name: "router", typed_config: { "@type": `${types}.filters.http.router.v3.Router` } },
    ],
  };
  const address = (at: number): object => ({ socket_address: { address: "127.0.0.1", port_value: at } });
  return JSON.stringify({
    static_resources: {
      listeners: [
        {
          name: "bench",
          address: address(port),
          filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
        },
      ],
      clusters: [
        {
          name: "origin",
          type: "STATIC",
          circuit_breakers: { thresholds: [{ max_connections: 1024, max_requests: 4096, max_pending_requests: 4096 }] },
          load_assignment: {
            cluster_name: "origin",
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(originPort) } }] }],
          },
        },
      ],
    },
  });
}

const types = "type.googleapis.com/envoy.extensions";

function virtualHost({ name, domainName, listeners }: (typeof services)[number]): object {
  const routes = (listeners[0]?.rules ?? []).map(({ match }) => {
    const path = match.httpMatch.pathMatch?.match;
    const headers = (match.httpMatch.headerMatches ?? []).map((one) => ({
      name: one.name,
      string_match: { exact: "exact" in one.match ? one.match.exact : "" },
    }));
    const at = path !== undefined && "exact" in path ? { path: path.exact } : { prefix: path?.prefix };
    return { match: { ...at, ...(headers.length > 0 && { headers }) }, route: { cluster: "origin" } };
  });
  return { name, domains: [domainName], routes };
}

function rbac(action: "ALLOW" | "DENY"): object {
  const principals = [{ any: true }];
  const path = (prefix: string): object => ({ url_path: { path: { prefix } } });
  const method = { header: { name: ":method", string_match: { exact: "GET" } } };
  const allow = {
    api: { permissions: [{ and_rules: { rules: [path("/api/"), method] } }], principals },
    items: { permissions: [path("/items/")], principals },
    tenants: { permissions: [{ header: { name: "x-tenant", string_match: { prefix: "ten" } } }], principals },
  };
  const deny = {
    admin: { permissions: [path("/api/v1/admin")], principals },
    outside: {
      permissions: [{ any: true }],
      principals: [{ not_id: { remote_ip: { address_prefix: "127.0.0.0", prefix_len: 8 } } }],
    },
  };
  return { action, policies: action === "ALLOW" ? allow : deny };
}

function accessLog(path: string): object {
  const format = {
    authority: "%REQ(:AUTHORITY)%",
    requestId: "%REQ(X-REQUEST-ID)%",
    startTime: "%START_TIME%",
    requestMethod: "%REQ(:METHOD)%",
    requestPath: "%REQ(:PATH)%",
    protocol: "%PROTOCOL%",
    userAgent: "%REQ(USER-AGENT)%",
    source: "%DOWNSTREAM_REMOTE_ADDRESS%",
    target: "%UPSTREAM_HOST%",
    route: "%ROUTE_NAME%",
    cluster: "%UPSTREAM_CLUSTER%",
    responseCode: "%RESPONSE_CODE%",
    flags: "%RESPONSE_FLAGS%",
    details: "%RESPONSE_CODE_DETAILS%",
    bytesReceived: "%BYTES_RECEIVED%",
    bytesSent: "%BYTES_SENT%",
    duration: "%DURATION%",
    tls: "%DOWNSTREAM_TLS_VERSION%",
  };
  const config = {
    "@type": `${types}.access_loggers.file.v3.FileAccessLog`,
    path,
    log_format: { json_format: format },
  };
  return { name: "file", typed_config: config };
}
