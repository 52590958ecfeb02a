import { type Keyring, sealSession } from "@pergola/iam";
import { account } from "./deployment.ts";

export const readerArn = `arn:aws:iam::${account}:role/reader`;

/** What the credential exchange gives. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** @returns credentials such as the credential exchange gives for an IAM role */
export function readerSession({ keyring }: { readonly keyring: Keyring }): Session {
  const credentials = { accessKeyId: "ASIAWALKTHROUGH00001", secretAccessKey: "walkthrough/session/secret" };
  const principal = {
    kind: "aws",
    type: "AssumedRole",
    arn: `arn:aws:sts::${account}:assumed-role/reader/walkthrough`,
    account,
    roleArn: readerArn,
    sessionName: "walkthrough",
    tags: {},
  } as const;
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const session = { ...credentials, expiresAt, issuer: readerArn, principal };
  return { ...credentials, sessionToken: sealSession(keyring, session) };
}
