import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { request } from "node:http";
import { SignatureV4 } from "@smithy/signature-v4";
import { SignatureV4a } from "@smithy/signature-v4a";
import aws4 from "aws4";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dotSegments, type SignerCase, signerCases } from "./cases.ts";
import { credentials, region, service, startVerifyingServer, type VerifyingServer } from "./verifying-server.ts";

/** Gives the headers to send, and the target where the signer changes it. */
type Signer = (one: SignerCase, host: string) => Promise<{ headers: Record<string, string>; target?: string }>;

class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
  }

  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

const settings = { credentials, service, sha256: Sha256 as never };
const unsigned = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };

function smithySigner(signer: SignatureV4 | SignatureV4a): Signer {
  return async ({ method, path, query, headers }, host) => {
    const parameters: Record<string, string[]> = {};
    for (const [name, value] of new URLSearchParams(query)) parameters[name] = [...(parameters[name] ?? []), value];
    const message = { method, protocol: "http:", hostname: host, path, query: parameters };
    const signed = await signer.sign({ ...message, headers: { ...headers, ...unsigned, host } }, {});
    return { headers: signed.headers };
  };
}

const signers: Readonly<Record<string, Signer>> = {
  "@smithy/signature-v4": smithySigner(new SignatureV4({ ...settings, region })),
  "@smithy/signature-v4a for *": smithySigner(new SignatureV4a({ ...settings, region: "*" })),
  "@smithy/signature-v4a for two regions": smithySigner(
    new SignatureV4a({ ...settings, region: `eu-west-1,${region}` }),
  ),
  aws4: async ({ method, path, query, headers }, host) => {
    const target = query === "" ? path : `${path}?${query}`;
    const options = { method, host, path: target, service, region, headers: { ...headers, ...unsigned } };
    const signed = aws4.sign(options, credentials);
    return { headers: signed.headers as Record<string, string>, target: signed.path ?? target };
  },
};

let server: VerifyingServer;
beforeAll(async () => {
  server = await startVerifyingServer();
});
afterAll(() => server[Symbol.asyncDispose]());

function send(method: string, target: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = server;
    request({ host: "127.0.0.1", port, method, path: target, headers, agent: false })
      .on("response", (response) => {
        response.resume();
        resolve(String(response.headers["x-verdict"]));
      })
      .on("error", reject)
      .end();
  });
}

async function verdict(sign: Signer, one: SignerCase, change = (text: string) => text): Promise<string> {
  const { headers, target = one.query === "" ? one.path : `${one.path}?${one.query}` } = await sign(one, server.host);
  return send(one.method, change(target), headers);
}

describe.each(Object.entries(signers))("a request signed by %s", (_, sign) => {
  it.each(signerCases)("counts: $name", async (one) => {
    expect(await verdict(sign, one)).toBe("verified");
  });

  it.each(signerCases)("does not count for another path: $name", async (one) => {
    expect(await verdict(sign, one, (target) => `/x${target}`)).toBe("signature-mismatch");
  });

  it("does not count with dot segments, which the signer resolves and the router does not", async () => {
    expect(await verdict(sign, dotSegments)).toBe("signature-mismatch");
  });

  it("does not count when it is signed for a path and sent with dot segments that lead there", async () => {
    const one = { ...dotSegments, path: "/a" };
    expect(await verdict(sign, one, () => "/public/../a")).toBe("signature-mismatch");
  });
});

describe("a SigV4A signature", () => {
  it("does not count outside of its region set", async () => {
    const elsewhere = smithySigner(new SignatureV4a({ ...settings, region: "eu-*" }));
    expect(await verdict(elsewhere, signerCases[0] as SignerCase)).toBe("region-mismatch");
  });

  it("does not count with any byte of it changed", async () => {
    const sign = signers["@smithy/signature-v4a for *"] as Signer;
    const one = signerCases[0] as SignerCase;
    const { headers } = await sign(one, server.host);
    const { authorization = "" } = headers;
    const start = authorization.indexOf("Signature=") + "Signature=".length;
    for (let at = start; at < authorization.length; at++) {
      const digit = authorization[at] === "0" ? "1" : "0";
      const changed = authorization.slice(0, at) + digit + authorization.slice(at + 1);
      expect(await send(one.method, one.path, { ...headers, authorization: changed }), changed).toBe(
        "signature-mismatch",
      );
    }
  });
});
