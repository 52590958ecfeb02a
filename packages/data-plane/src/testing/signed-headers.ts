import { Sha256 } from "@aws-crypto/sha256-js";
import { type Credential, Secret } from "@pergola/iam";
import { SignatureV4 } from "@smithy/signature-v4";
import { account, host, region } from "./world.ts";

export const roleSession = `arn:aws:sts::${account}:assumed-role/web/s1`;
export const credential: Credential = {
  accessKeyId: "ASIAEXAMPLE000000001",
  secret: new Secret("secret-key-of-the-tests"),
  sessionToken: "session-token-of-the-tests",
  principal: {
    kind: "aws",
    arn: roleSession,
    account,
    type: "AssumedRole",
    roleArn: `arn:aws:iam::${account}:role/web`,
    sessionName: "s1",
    orgId: "o-ab12cd34ef",
    tags: { team: "blue" },
  },
};

export interface SigningChoices {
  readonly secret?: string;
  readonly service?: string;
  readonly signedAt?: Date;
}

/** @returns the headers of a request to the test world's service that `credential` has signed, Host among them */
export async function signedHeaders(
  method: string,
  path: string,
  { secret = "secret-key-of-the-tests", service = "vpc-lattice-svcs", signedAt = new Date() }: SigningChoices = {},
): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    service,
    region,
    credentials: {
      accessKeyId: credential.accessKeyId,
      secretAccessKey: secret,
      sessionToken: "session-token-of-the-tests",
    },
    sha256: Sha256,
    applyChecksum: false,
  });
  const { headers } = await signer.sign(
    {
      method,
      protocol: "http:",
      hostname: host,
      path,
      query: {},
      headers: { host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    },
    { signingDate: signedAt },
  );
  return headers;
}
