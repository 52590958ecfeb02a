/** What an AWS JSON API answered. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Readonly<Record<string, unknown>>;
}

/**
 * Calls an AWS JSON 1.1 API with nothing added by an SDK.
 * @param target `Prefix.Operation`
 * @param input an object, or the body as it is
 * @param account whose access key signs; unsigned requests are the default account's
 */
export async function callJson(
  url: string,
  target: string,
  input: object | string,
  account?: string,
): Promise<JsonAnswer> {
  const headers: Record<string, string> = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
  if (account !== undefined) {
    const scope = `${account}/20261123/us-west-2/vpc-lattice/aws4_request`;
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=00`;
  }
  const body = typeof input === "string" ? input : JSON.stringify(input);
  const response = await fetch(url, { method: "POST", headers, body });
  const json = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: Object.fromEntries(response.headers), json };
}
