import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Credential, createSignatureVerifier, Secret } from "@pergola/iam";

export const service = "vpc-lattice-svcs";
export const region = "us-west-2";
export const credentials = {
  accessKeyId: "ASIAEXAMPLE000000001",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  sessionToken: `IQoJb3JpZ2luX2VjE+/=${"A".repeat(300)}`,
};

const account = "123456789012";
const credential: Credential = {
  accessKeyId: credentials.accessKeyId,
  secret: new Secret(credentials.secretAccessKey),
  sessionToken: credentials.sessionToken,
  principal: { kind: "aws", arn: `arn:aws:iam::${account}:user/signer`, account, type: "User", tags: {} },
};

export interface VerifyingServer extends AsyncDisposable {
  /** `127.0.0.1:…`, the Host that requests have to name. */
  readonly host: string;
  readonly port: number;
}

/**
 * An HTTP server that answers each request with what the verifier makes of its signature, in the header x-verdict: `verified`,
 * `unsigned` or the reason of the rejection.
 */
export async function startVerifyingServer(): Promise<VerifyingServer> {
  const verifier = createSignatureVerifier({ service, region, payload: "unsigned-only" }, (accessKeyId) =>
    accessKeyId === credential.accessKeyId ? credential : undefined,
  );
  const server = createServer((request, response) => {
    const { method = "", url = "", rawHeaders } = request;
    const mark = url.indexOf("?");
    const path = mark === -1 ? url : url.slice(0, mark);
    const query = mark === -1 ? "" : url.slice(mark + 1);
    const result = verifier.verify({ method, path, query, rawHeaders }, new Date());
    response.setHeader("x-verdict", result.kind === "rejected" ? result.reason : result.kind);
    request.resume().on("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
