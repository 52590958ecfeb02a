// The caller: a session as the credential exchange gives it, and a request signed with it.
import { Sha256 } from "@aws-crypto/sha256-js";
import { type SealingKey, sealSession } from "@pergola/iam";
import { SignatureV4 } from "@smithy/signature-v4";
import { account, host, region, userArn } from "./scene.ts";

export const accessKeyId = "ASIABENCH00000000001";
const secretAccessKey = "bench-secret-key-that-protects-nothing";
/** The same in the benchmark and in the process that it measures. */
export const sealingKey: SealingKey = {
  id: "be9c4000",
  key: Buffer.alloc(32, 7),
  createdAt: "2026-01-01T00:00:00.000Z",
};

/** What every client sends beside its signature. */
export const plainHeaders = {
  host,
  accept: "application/json",
  "user-agent": "bench/1.0",
  "x-tenant": "tenant-1",
  "accept-encoding": "gzip",
};

/**
 * @param target path and query
 * @returns nine headers with a session token of about 400 bytes, good for five minutes
 */
export async function signedHeaders(target: string, method = "GET"): Promise<Record<string, string>> {
  const orgId = "o-bench00001";
  const principal = { kind: "aws", arn: userArn, account, type: "User", username: "bench", orgId, tags: {} } as const;
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const claims = { accessKeyId, secretAccessKey, expiresAt, issuer: userArn, principal };
  const sessionToken = sealSession({ keys: [sealingKey] }, claims);
  const signer = new SignatureV4({
    service: "vpc-lattice-svcs",
    region,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    sha256: Sha256,
    applyChecksum: false,
  });
  const [pathname = "", query = ""] = target.split("?");
  const { headers } = await signer.sign({
    method,
    protocol: "http:",
    hostname: host,
    path: pathname,
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: { ...plainHeaders, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
  });
  return headers;
}
