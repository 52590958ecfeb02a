import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";

/** Keys that this STS knows, and whose they are. */
export const known = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  arn: "arn:aws:sts::123456789012:assumed-role/web/me",
  userId: "AROAEXAMPLE:me",
  account: "123456789012",
};

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** A stand-in for STS that answers GetCallerIdentity, and checks the signature with AWS's own signer. */
export interface LocalSts extends AsyncDisposable {
  readonly origin: string;
  /** Requests so far. */
  readonly requests: { readonly url: string; readonly headers: IncomingMessage["headers"] }[];
  /** Answers in place of STS; undefined: as STS does. */
  answering: Answering | undefined;
  /** As the answer is written. */
  form: "xml" | "json";
}

export async function startLocalSts(): Promise<LocalSts> {
  const sts = { requests: [], answering: undefined, form: "xml" } as unknown as {
    -readonly [M in keyof LocalSts]: LocalSts[M];
  };
  const server = createServer((request, response) => {
    sts.requests.push({ url: request.url ?? "", headers: request.headers });
    if (sts.answering !== undefined) return sts.answering(request, response);
    void isSigned(request).then((signed) => {
      const status = signed ? 200 : 403;
      response.writeHead(status, { "content-type": sts.form === "json" ? "application/json" : "text/xml" });
      response.end(signed ? identity(sts.form) : refusal);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  sts.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  sts[Symbol.asyncDispose] = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return sts;
}

/** Presigns as AWS's SDKs do. */
export async function presignIdentity(
  origin: string,
  {
    audience,
    secretAccessKey = known.secretAccessKey,
    signingDate = new Date(),
    expiresIn = 300,
    query = { Action: "GetCallerIdentity", Version: "2011-06-15" },
  }: {
    readonly audience: string | undefined;
    readonly secretAccessKey?: string;
    readonly signingDate?: Date;
    readonly expiresIn?: number;
    readonly query?: Record<string, string>;
  },
): Promise<string> {
  const { host, hostname, port, protocol } = new URL(origin);
  const credentials = { accessKeyId: known.accessKeyId, secretAccessKey };
  const signer = new SignatureV4({ service: "sts", region: "us-west-2", credentials, sha256: Sha256 });
  const headers = { host, ...(audience === undefined ? {} : { "x-pergola-audience": audience }) };
  const request = { method: "GET", protocol, hostname, port: Number(port), path: "/", query, headers };
  const signed = await signer.presign(request, { signingDate, expiresIn });
  return `${origin}/?${new URLSearchParams(signed.query as Record<string, string>)}`;
}

async function isSigned({ url = "", headers, method }: IncomingMessage): Promise<boolean> {
  const given = new URL(url, `http://${headers.host}`);
  const { searchParams } = given;
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(searchParams.get("X-Amz-Date") ?? "") ?? [];
  if (method !== "GET" || !searchParams.get("X-Amz-Credential")?.startsWith(`${known.accessKeyId}/`)) return false;
  const again = await presignIdentity(given.origin, {
    audience: headers["x-pergola-audience"] as string | undefined,
    signingDate: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`),
    expiresIn: Number(searchParams.get("X-Amz-Expires")),
    query: { Action: searchParams.get("Action") ?? "", Version: searchParams.get("Version") ?? "" },
  });
  return new URL(again).searchParams.get("X-Amz-Signature") === searchParams.get("X-Amz-Signature");
}

function identity(form: LocalSts["form"]): string {
  const { arn: Arn, userId: UserId, account: Account } = known;
  const result = { Account, Arn, UserId };
  if (form === "json")
    return JSON.stringify({
      GetCallerIdentityResponse: { GetCallerIdentityResult: result, ResponseMetadata: { RequestId: "r" } },
    });
  return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${Arn}</Arn><UserId>${UserId}</UserId><Account>${Account}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>`;
}

const refusal = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
