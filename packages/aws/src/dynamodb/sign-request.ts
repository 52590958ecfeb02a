// Not imported: docs/lambda.md, "Bundles".
const { createHmac, hash } = process.getBuiltinModule("node:crypto");

export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A POST to `/` without a query: all that DynamoDB's API has. */
export interface PlainRequest {
  readonly host: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RequestSigner {
  /** @returns the headers to send, `host` and `authorization` among them */
  sign(request: PlainRequest, credentials: SigningCredentials, now: Date): Record<string, string>;
}

/**
 * Signature Version 4 for one service in one region. The key of the day is derived once.
 * Source: IAM user guide, create a signed AWS API request, read 2026-11.
 */
export function requestSigner(region: string, service: string): RequestSigner {
  let derived: { readonly date: string; readonly secret: string; readonly key: Buffer } | undefined;
  const keyFor = (date: string, secret: string): Buffer => {
    if (derived?.date === date && derived.secret === secret) return derived.key;
    const key = [date, region, service, "aws4_request"].reduce(hmac, Buffer.from(`AWS4${secret}`));
    derived = { date, secret, key };
    return key;
  };
  return {
    sign({ host, headers, body }, { accessKeyId, secretAccessKey, sessionToken }, now) {
      const time = `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
      const date = time.slice(0, 8);
      const sent: Record<string, string> = {
        ...headers,
        host,
        "x-amz-date": time,
        ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
      };
      const names = Object.keys(sent).sort();
      const list = names.join(";");
      const lines = names.map((name) => `${name}:${sent[name]}\n`).join("");
      const canonical = `POST\n/\n\n${lines}\n${list}\n${sha256(body)}`;
      const scope = `${date}/${region}/${service}/aws4_request`;
      const key = keyFor(date, secretAccessKey);
      const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString("hex");
      const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${list}, Signature=${signature}`;
      return { ...sent, authorization };
    },
  };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(text: string): string {
  return hash("sha256", text);
}
