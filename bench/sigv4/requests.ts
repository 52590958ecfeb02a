import { type TextbookKey, textbookAuthorization } from "../../test/signers/textbook.ts";

export const key: TextbookKey = {
  accessKeyId: "AKIDEXAMPLE0123456789",
  secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
  service: "vpc-lattice-svcs",
};
export const sessionToken = `IQoJb3JpZ2luX2VjE${"A".repeat(380)}`;
export const now = new Date("2026-11-23T04:15:00Z");

export interface BenchRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly rawHeaders: readonly string[];
  readonly timestamp: string;
}

const unsigned = ["Connection", "keep-alive", "Accept-Encoding", "gzip, deflate"];

/** Headers as a client of the AWS SDK sends them: eight signed, one of them a session token of 400 bytes. */
export function headersAt(timestamp: string): readonly (readonly [string, string])[] {
  return [
    ["Accept", "application/json, text/plain, */*"],
    ["Content-Type", "application/json"],
    ["Host", "orders-0123456789abcdef0.7d67968.vpc-lattice-svcs.us-east-1.on.aws"],
    ["User-Agent", "aws-sdk-js/3.1164.0 ua/2.1 os/linux lang/js md/nodejs#24"],
    ["X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"],
    ["X-Amz-Date", timestamp],
    ["X-Amz-Security-Token", sessionToken],
    ["X-Tenant", "acme-eu"],
  ];
}

/** @returns a signed GET; its path and its second differ with `i`, so that no cache of whole requests could answer */
export function signedRequest(i: number): BenchRequest {
  const timestamp = `20261123T0415${String(i % 60).padStart(2, "0")}Z`;
  const path = `/api/v1/orders/${i}`;
  const query = "expand=items&limit=10";
  const headers = headersAt(timestamp);
  const signed = headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  const canonical = {
    method: "GET",
    canonicalPath: path,
    canonicalQuery: query,
    signed,
    payloadHash: "UNSIGNED-PAYLOAD",
  };
  const authorization = textbookAuthorization(canonical, key, timestamp);
  const rawHeaders = [...headers.flat(), ...unsigned, "Authorization", authorization];
  return { method: "GET", path, query, rawHeaders: rawHeaders.map(fresh), timestamp };
}

/** Strings of a parser are neither constants nor joined from pieces; neither shall these be. */
function fresh(text: string): string {
  return Buffer.from(text).toString("latin1");
}
