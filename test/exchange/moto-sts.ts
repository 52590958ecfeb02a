import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";

/**
 * moto as an STS endpoint for presigned requests. moto's server finds out by the Authorization header which service is meant, and by
 * which key, and does not look at the query: what the query says is put there. moto checks no signature; `local-sts.ts` does.
 */
export async function startMotoSts(moto: string): Promise<AsyncDisposable & { readonly origin: string }> {
  const server = createServer(async (request, response) => {
    const { searchParams } = new URL(request.url ?? "", moto);
    const authorization = `AWS4-HMAC-SHA256 Credential=${searchParams.get("X-Amz-Credential")}, SignedHeaders=host, Signature=0`;
    const answer = await fetch(`${moto}${request.url}`, { headers: { authorization } });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(await answer.text());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Credentials as STS gives them for a role. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Has moto's STS give credentials for a role's session `me`. moto asks for no such role, and gives others each time. */
export async function assumeRole(sts: STSClient, RoleArn: string): Promise<RoleCredentials> {
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "me" }));
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Credentials ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

interface Presigner {
  presign(request: object, options: object): Promise<{ readonly query: Record<string, string> }>;
}

/** Signs a GetCallerIdentity for an audience with the signer of AWS's own client. @returns its URL */
export async function presignIdentity(
  origin: string,
  options: {
    readonly credentials: RoleCredentials;
    readonly region: string;
    readonly audience: string;
    /** Seconds. */
    readonly expiresIn: number;
  },
): Promise<string> {
  const { credentials, region, audience, expiresIn } = options;
  const { host, hostname, port, protocol } = new URL(origin);
  const client = new STSClient({ region, credentials });
  const signer = (await client.config.signer()) as unknown as Presigner;
  const query = { Action: "GetCallerIdentity", Version: "2011-06-15" };
  const headers = { host, "x-pergola-audience": audience };
  const request = { method: "GET", protocol, hostname, port: Number(port), path: "/", query, headers };
  const signed = await signer.presign(request, { expiresIn });
  client.destroy();
  return `${origin}/?${new URLSearchParams(signed.query)}`;
}
