/** The settings of `pergola.deploy.ts`. Everything not here is the same in every deployment. */
export interface DeploySettings {
  /** Where everything is, except CloudFront's certificate: us-east-1 for any region. */
  readonly region: string;
  /**
   * Who reaches the router's function URL:
   * - `iam`: callers with a signature for AWS Lambda and the permission `lambda:InvokeFunctionUrl`;
   * - `public`: the internet. A service is then exactly as open as its auth type and policies: `NONE` means everybody;
   * - `none`: there is no URL; clients come from `vpcs`.
   */
  readonly access: "iam" | "public" | "none";
  /**
   * AWS accounts whose users and roles get sessions of Pergola's for their own identity, at a URL of its own: with one, any AWS SDK
   * signs for services and for the API. An account of an organization as `<account>/<o-…>`. Absent: no such URL.
   */
  readonly exchangeAccounts?: readonly string[];
  /**
   * Whose web identity tokens (a CI job's, a Kubernetes service account's) give sessions at that URL too, and of which role. The first
   * that fits a token counts. The roles' accounts have to be among `exchangeAccounts`.
   */
  readonly webIdentity?: readonly WebIdentitySettings[];
  /**
   * ARNs of users and roles that use the API with such a session, as the AWS CLI and Terraform do. The API's URL is then open to the
   * internet and refuses everybody else; absent, IAM admits callers whose signature is for AWS Lambda, and no other.
   */
  readonly administrators?: readonly string[];
  /** Service DNS names that resolve, with certificates. Without it names end in `pergola.internal`, which only `vpcs` resolve. */
  readonly domain?: DomainSettings;
  /** VPCs whose clients reach services by an internal load balancer and a private hosted zone. */
  readonly vpcs?: readonly VpcSettings[];
  /** The data plane in containers that stay (AWS Fargate), beside the routers: for HTTP/2, gRPC, TLS passthrough and steady traffic. */
  readonly gateway?: GatewaySettings;
  /** Where the functions have their network interfaces, to reach IP, INSTANCE and ALB targets; absent: only what is public. */
  readonly network?: NetworkSettings;
  /** Names of Lambda functions of this account and region that may be targets; `*` stands for any characters. None that begins with `pergola-`. */
  readonly functionTargets: readonly string[];
  /** ARNs of log groups, buckets and Firehose streams that access logs may go to, beside the log group that is made for them. */
  readonly logDestinations: readonly string[];
  /** How long logs stay, those of access among them. */
  readonly logRetention: LogRetention;
  /** Megabytes of the router, 128–10,240. CPU comes in proportion: 1,769 are one core. */
  readonly routerMemory: number;
  /** Executions at once that the router always has and never exceeds; absent: what the account has left. */
  readonly routerConcurrency?: number;
  /** Probing of IP, INSTANCE and ALB targets, without a pause: the one part that costs while nothing happens. Lambda targets need none. */
  readonly healthChecks: boolean;
  /** IP address of the DNS server that domain verifications ask for TXT records; absent: the one that Lambda has. */
  readonly dnsServer?: string;
  /** AWS X-Ray traces of the functions. */
  readonly tracing: boolean;
  /**
   * Environment variables of OpenTelemetry for the routers and the gateway, `OTEL_EXPORTER_OTLP_ENDPOINT` at least: each request is a span
   * that goes there. No keys (`…_HEADERS`), which a collector adds. Absent: no spans.
   */
  readonly openTelemetry?: Readonly<Record<string, string>>;
  /** Hears of alarms once it has confirmed AWS's mail; absent: alarms only show in CloudWatch. */
  readonly alarmEmail?: string;
}

export interface WebIdentitySettings {
  /** Exactly as in the tokens' `iss`, e.g. `https://token.actions.githubusercontent.com`. Its keys have to be on the internet. */
  readonly issuer: string;
  /** Has to be in the tokens' `aud`; use one that nobody else takes. */
  readonly audience: string;
  /** Which `sub` the tokens may have, e.g. `repo:acme/shop:ref:refs/heads/main`; `*` stands for any characters, `?` for one. */
  readonly subjects: readonly string[];
  /** Role whose sessions the holders become. It need not exist: nothing is asked of IAM. */
  readonly roleArn: string;
  /** Where the keys are; absent: what the issuer's discovery document says. */
  readonly jwksUri?: string;
}

export type LogRetention =
  | "1 week"
  | "2 weeks"
  | "1 month"
  | "3 months"
  | "6 months"
  | "1 year"
  | "2 years"
  | "5 years";

export interface DomainSettings {
  /** A zone's name, or a name in it, that nothing else uses: it and the service names below it are Pergola's. */
  readonly name: string;
  /** The public Route 53 hosted zone that the name is in. */
  readonly zoneId: string;
  /** Custom domain names of services, in the same zone; a leading `*.` stands for one label. */
  readonly customNames?: readonly string[];
}

export interface VpcSettings {
  readonly id: string;
  /** Twelve digits; absent: this account. */
  readonly account?: string;
  /** Two or more, in different zones, for the load balancer. */
  readonly subnetIds: readonly string[];
  /** Who may connect to the load balancer. */
  readonly clientCidrs: readonly string[];
}

export interface GatewaySettings {
  /** Image that `Dockerfile` makes, for ARM: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/pergola:1`. */
  readonly image: string;
  /** Where the load balancer and the containers are. */
  readonly vpcId: string;
  /** Owner of the VPC, twelve digits; absent: this account. */
  readonly vpcAccount?: string;
  /** Two or more, in different zones. The containers need a way to DynamoDB, SQS, KMS, ECR and CloudWatch Logs from there. */
  readonly subnetIds: readonly string[];
  /**
   * `true`: reached from the VPC, whose clients count as inside it, and service names lead there. `false`: reached from the internet, and
   * clients count as inside whichever VPC is associated.
   */
  readonly internal: boolean;
  /** Who may connect. */
  readonly clientCidrs: readonly string[];
  /** Listener ports that are served; absent: 80 and 443. */
  readonly ports?: readonly number[];
  /** ARN of a secret that holds a certificate with its chain and private key in PEM; absent: only imported certificates are served. */
  readonly certificateSecret?: string;
  /** CPU units of a container (1,024 are one) and its megabytes, as Fargate pairs them. */
  readonly cpu: 256 | 512 | 1024 | 2048 | 4096;
  readonly memory: number;
  /** Containers, from the least to the most; CPU use of 60 % is aimed at between. */
  readonly tasks: { readonly min: number; readonly max: number };
}

export interface NetworkSettings {
  /** Private subnets. They need ways to DynamoDB, SQS, KMS and Lambda: VPC endpoints or a NAT gateway. */
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}
