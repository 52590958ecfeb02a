import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { envoyConfig } from "./peers/envoy.ts";
import { type NginxVariant, proxyConfig } from "./peers/nginx.ts";

/** A proxy, and how it is started. */
export interface Contender {
  readonly name: string;
  /** Whether the request carries a signature: the same bytes for all of one comparison. */
  readonly isPergola: boolean;
  /** @returns the command that serves `port` before `originPort`; what it writes goes into `directory` */
  command(directory: string, port: number, originPort: number): readonly string[];
}

/** Of Node, as `npm start` has it. */
export const nodeFlags: readonly string[] = ["--max-semi-space-size=16"];

/** @param rules of the service that is called */
function pergola(name: string, authType: "NONE" | "AWS_IAM", rules = 20, version = "HTTP1", log = "log"): Contender {
  return {
    name,
    isPergola: true,
    command: (directory, port, originPort) => [
      process.execPath,
      ...nodeFlags,
      join(import.meta.dirname, "pergola.ts"),
      String(port),
      String(originPort),
      directory,
      authType,
      String(rules),
      version,
      "0",
      log,
    ],
  };
}

function nginx(variant: NginxVariant): Contender {
  return {
    name: `nginx, ${variant}`,
    isPergola: false,
    command(directory, port, originPort) {
      const file = join(directory, "nginx.conf");
      writeFileSync(file, proxyConfig(variant, directory, port, originPort));
      return ["nginx", "-c", file, "-e", join(directory, "error.log")];
    },
  };
}

export const contenders = {
  full: pergola("Pergola: routing, SigV4, 2 policies, log", "AWS_IAM"),
  open: pergola("Pergola: auth NONE, log", "NONE"),
  plain: pergola("Pergola: routing, auth NONE, no log", "NONE", 20, "HTTP1", "no-log"),
  grpc: pergola("Pergola: gRPC, auth NONE, log", "NONE", 20, "GRPC"),
  fewRules: pergola("Pergola: 5 rules", "AWS_IAM", 5),
  manyRules: pergola("Pergola: 2,000 rules", "AWS_IAM", 2000),
  httpProxy3: {
    name: "http-proxy-3, bare",
    isPergola: false,
    command: (_directory, port, originPort) => [
      process.execPath,
      join(import.meta.dirname, "peers", "http-proxy-3.ts"),
      String(port),
      String(originPort),
    ],
  },
  nginx: nginx("bare"),
  nginxFull: nginx("routing and log"),
  nginxTuned: nginx("tuned for bodies"),
  nginxHttp2: nginx("HTTP/2"),
  grpcJs: {
    name: "a proxy of grpc-js",
    isPergola: false,
    command: (_directory, port, originPort) => [
      process.execPath,
      join(import.meta.dirname, "peers", "grpc-proxy.ts"),
      String(port),
      String(originPort),
    ],
  },
  envoy: {
    name: "Envoy: routing, RBAC, log",
    isPergola: false,
    command(directory, port, originPort) {
      const file = join(directory, "envoy.json");
      writeFileSync(file, envoyConfig(directory, port, originPort));
      const program = process.env.ENVOY ?? "envoy";
      return [program, "-c", file, "--concurrency", "1", "--log-level", "error", "--disable-hot-restart"];
    },
  },
} as const satisfies Record<string, Contender>;
