import { createHash } from "node:crypto";
import { account, region } from "./account.ts";
import { type PolicyDocument, renderPolicy } from "./render-policy.ts";

/**
 * What the AWS provider would answer: identifiers, ARNs and the few computed properties that the program reads. A call of a provider
 * function that is not listed is an error, so nothing is made up for it.
 */
type Inputs = Record<string, unknown>;

function hex(text: string, digits = 8): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}

function arn(service: string, rest: string, at: string = region, owner: string = account): string {
  return `arn:aws:${service}:${at}:${owner}:${rest}`;
}

function balancing(kind: string, name: string): Inputs {
  const suffix = `${kind}/${name}/${hex(name, 16)}`;
  const full = arn("elasticloadbalancing", suffix);
  return {
    id: full,
    arn: full,
    arnSuffix: suffix,
    dnsName: `${name.toLowerCase()}.${region}.elb.amazonaws.com`,
    zoneId: "Z215JYRZR1TBD5",
  };
}

/** ACM gives a wildcard and its parent the same record. */
function certificate(name: string, inputs: Inputs): Inputs {
  const domains = [inputs.domainName, ...((inputs.subjectAlternativeNames ?? []) as unknown[])].map(String);
  const full = arn("acm", `certificate/${hex(name)}`, String(inputs.region ?? region));
  const domainValidationOptions = domains.map((domainName) => {
    const parent = domainName.replace(/^\*\./, "");
    const resourceRecordName = `_${hex(parent)}.${parent}.`;
    return {
      domainName,
      resourceRecordName,
      resourceRecordType: "CNAME",
      resourceRecordValue: `_${hex(`${parent}v`)}.acm-validations.aws.`,
    };
  });
  return { id: full, arn: full, domainValidationOptions };
}

function lambdaFunction(name: string): Inputs {
  const full = arn("lambda", `function:${name}`);
  return { id: name, arn: full, version: "$LATEST", qualifiedArn: `${full}:$LATEST` };
}

function queue(name: string): Inputs {
  const url = `https://sqs.${region}.amazonaws.com/${account}/${name}`;
  return { id: url, url, arn: arn("sqs", name) };
}

function distribution(name: string): Inputs {
  const id = `E${hex(name, 12).toUpperCase()}`;
  return {
    id,
    arn: `arn:aws:cloudfront::${account}:distribution/${id}`,
    domainName: `d${hex(name, 12)}.cloudfront.net`,
    hostedZoneId: "Z2FDTNDATAQYW2",
  };
}

const computed: Readonly<Record<string, (name: string, inputs: Inputs) => Inputs>> = {
  "aws:acm/certificate:Certificate": certificate,
  "aws:cloudfront/distribution:Distribution": distribution,
  "aws:cloudwatch/logGroup:LogGroup": (name) => ({ id: name, arn: arn("logs", `log-group:${name}`) }),
  "aws:dynamodb/table:Table": (name) => ({ id: name, arn: arn("dynamodb", `table/${name}`) }),
  "aws:iam/role:Role": (name) => ({ id: name, arn: `arn:aws:iam::${account}:role/${name}` }),
  "aws:kms/key:Key": (name) => ({ id: hex(name), keyId: hex(name), arn: arn("kms", `key/${hex(name)}`) }),
  "aws:lambda/function:Function": lambdaFunction,
  "aws:lambda/functionUrl:FunctionUrl": (_name, { functionName }) => ({
    functionUrl: `https://${hex(String(functionName), 32)}.lambda-url.${region}.on.aws/`,
  }),
  "aws:lb/listener:Listener": (name) => balancing("listener/app", name),
  "aws:lb/loadBalancer:LoadBalancer": (name) => balancing("loadbalancer/app", name),
  "aws:lb/targetGroup:TargetGroup": (name) => balancing("targetgroup", name),
  "aws:route53/record:Record": (_name, { name }) => ({ fqdn: String(name).replace(/\.$/, "") }),
  "aws:route53/zone:Zone": (name) => ({ id: `Z${hex(name).toUpperCase()}`, zoneId: `Z${hex(name).toUpperCase()}` }),
  "aws:s3/bucketObjectv2:BucketObjectv2": (_name, { key }) => ({ id: key, versionId: "v1" }),
  "aws:sns/topic:Topic": (name) => ({ id: arn("sns", name), arn: arn("sns", name) }),
  "aws:sqs/queue:Queue": queue,
  "random:index/randomBytes:RandomBytes": (name) => ({ base64: createHash("sha256").update(name).digest("base64") }),
};

/** @returns what the provider answers for a new resource */
export function answerResource(type: string, name: string, inputs: Inputs): { id: string; state: Inputs } {
  const physical = String(inputs.name ?? inputs.bucket ?? name);
  const service = type.split(":")[1]?.split("/")[0] ?? "";
  const id = `${name}-${hex(name)}`;
  const base = { id, arn: arn(service, `${type.split(":")[2]}/${physical}`), name: physical };
  const state: Inputs = { ...base, ...inputs, ...computed[type]?.(physical, inputs) };
  return { id: String(state.id), state };
}

const providerFunctions: Readonly<Record<string, (inputs: Inputs) => Inputs>> = {
  "aws:index/getPartition:getPartition": () => ({ id: "aws", partition: "aws", dnsSuffix: "amazonaws.com" }),
  "aws:index/getRegion:getRegion": ({ region: given = region }) => ({ id: given, name: given, region: given }),
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({
    id: account,
    accountId: account,
    arn: `arn:aws:iam::${account}:user/test`,
  }),
  "aws:iam/getPolicyDocument:getPolicyDocument": (inputs) => {
    const json = JSON.stringify(renderPolicy(inputs as unknown as PolicyDocument));
    return { id: hex(json), json, minifiedJson: json, statements: inputs.statements };
  },
  "aws:route53/getZone:getZone": ({ zoneId }) => ({ id: zoneId, zoneId, name: "example.com", privateZone: false }),
};

/** @returns what a function of the provider answers @throws Error for one that is not listed */
export function answerCall(token: string, inputs: Inputs): Inputs {
  const answer = providerFunctions[token];
  if (answer === undefined) throw new Error(`no answer for the provider's function ${token} ${JSON.stringify(inputs)}`);
  return answer(inputs);
}
