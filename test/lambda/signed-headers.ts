import aws4 from "aws4";

/** @returns the headers of a request that is signed for a service, by an independent signer */
export function signedHeaders({
  path,
  host,
  service = "vpc-lattice-svcs",
  region = "us-west-2",
  method = "GET",
  body = "",
  headers: given = {},
  ...credentials
}: {
  readonly path: string;
  readonly host: string;
  readonly service?: string;
  readonly region?: string;
  readonly method?: string;
  readonly body?: string;
  /** Signed with the rest. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}): Record<string, string> {
  const payload = service === "vpc-lattice-svcs" ? { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } : {};
  const signed = aws4.sign(
    { host, path, service, region, method, body, headers: { ...payload, ...given } },
    credentials,
  );
  const headers = Object.entries(signed.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  return Object.fromEntries(headers.filter(([name]) => name !== "host"));
}
