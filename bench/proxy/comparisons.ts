import { type Contender, contenders } from "./contenders.ts";

export type Workload =
  | "signed GET"
  | "GET"
  | "HTTP/2 GET"
  | "gRPC"
  | "10 MB GET"
  | "100 KB POST"
  | "signed GET at 70 %";
type Measure = "rate" | "megabytes" | "p99";

/** What is measured side by side, and what it has to come to. */
export interface Comparison {
  readonly name: string;
  readonly workload: Workload;
  readonly connections: number;
  /** The first is Pergola. */
  readonly contenders: readonly [Contender, ...Contender[]];
  readonly bars: readonly Bar[];
}

/** The ratio of the first contender's value to another's. */
export interface Bar {
  readonly against: Contender;
  readonly measure: Measure;
  readonly atLeast?: number;
  readonly atMost?: number;
}

const {
  full,
  open,
  plain,
  grpc,
  fewRules,
  manyRules,
  httpProxy3,
  nginx,
  nginxFull,
  nginxTuned,
  nginxHttp2,
  grpcJs,
  envoy,
} = contenders;

/** By the name that `--only` takes. */
export const comparisons: Readonly<Record<string, Comparison>> = {
  full: {
    name: "everything on, a signed GET of 1 KB",
    workload: "signed GET",
    connections: 64,
    contenders: [full, httpProxy3, nginx, nginxFull, envoy],
    bars: [
      { against: httpProxy3, measure: "rate", atLeast: 4.5 },
      { against: nginx, measure: "rate", atLeast: 0.65 },
      { against: nginxFull, measure: "rate", atLeast: 0.8 },
      { against: envoy, measure: "rate", atLeast: 1 },
    ],
  },
  open: {
    name: "auth NONE with an access log, a GET of 1 KB",
    workload: "GET",
    connections: 64,
    contenders: [open, nginx],
    bars: [{ against: nginx, measure: "rate", atLeast: 0.75 }],
  },
  tail: {
    name: "latency at 70 % of each one's most",
    workload: "signed GET at 70 %",
    connections: 64,
    contenders: [full, nginx],
    bars: [{ against: nginx, measure: "p99", atMost: 2 }],
  },
  download: {
    name: "responses of 10 MB",
    workload: "10 MB GET",
    connections: 8,
    contenders: [plain, full, nginxTuned],
    bars: [{ against: nginxTuned, measure: "megabytes", atLeast: 1.2 }],
  },
  upload: {
    name: "uploads of 100 KB",
    workload: "100 KB POST",
    connections: 32,
    contenders: [plain, full, nginxTuned],
    bars: [{ against: nginxTuned, measure: "rate", atLeast: 0.95 }],
  },
  http2: {
    name: "HTTP/2 to the client, HTTP/1.1 to the target",
    workload: "HTTP/2 GET",
    connections: 8,
    contenders: [plain, open, nginxHttp2],
    bars: [{ against: nginxHttp2, measure: "rate", atLeast: 0.64 }],
  },
  grpc: {
    name: "unary calls of gRPC",
    workload: "gRPC",
    connections: 8,
    contenders: [grpc, grpcJs],
    bars: [{ against: grpcJs, measure: "rate", atLeast: 2 }],
  },
  rules: {
    name: "2,000 rules on a listener against 5",
    workload: "signed GET",
    connections: 64,
    contenders: [manyRules, fewRules],
    bars: [{ against: fewRules, measure: "rate", atLeast: 0.95 }],
  },
};
