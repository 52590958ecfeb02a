// Property tests of policies and globs are with their sources (packages/iam/src/policy); here is what they leave.
import { Sha256 } from "@aws-crypto/sha256-js";
import { parseLatticeArn } from "@pergola/core";
import { withinBound } from "@pergola/core/testing/within-bound";
import { createSignatureVerifier, parsePrincipalArn, Secret, type SignedRequest } from "@pergola/iam";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect, it } from "vitest";
import { host, networkArn, region, send, serviceArn } from "../../packages/data-plane/src/testing/world.ts";
import { type SeededRandom, seededRandom } from "../harness/random-bytes.ts";
import { rawExchange } from "../harness/raw-exchange.ts";
import { guardedBy, resource } from "./auth-policy.ts";
import { openRecordingWorld } from "./recording-target.ts";

/** Of the whole file; FUZZ_SECONDS=600 for a night's run. */
const seconds = Number(process.env.FUZZ_SECONDS ?? 3);
const seed = Number(process.env.FUZZ_SEED ?? (Date.now() % 1_000_000) + 1);
const share = (seconds * 1_000) / 3;
const timeout = seconds * 1_000 + 60_000;
/** Bytes with a meaning to parsers, beside random ones. */
const tokens = [
  ...["\r\n", "\n", "\r", "\0", " ", "\t", ":", ";", ",", "=", "/", "//", "..", "%2e", "%", "%00", "\\", "?", "#", "*"],
  ...[
    "arn:",
    "aws",
    "::",
    "host",
    "Host: a\r\n",
    "Content-Length: 1\r\n",
    "Transfer-Encoding: chunked\r\n",
    "0\r\n\r\n",
  ],
  ...[
    "Connection: x\r\n",
    "AWS4-HMAC-SHA256",
    "Signature=",
    "SignedHeaders=",
    "Credential=",
    "HTTP/1.1",
    "\xff",
    "\x16",
  ],
];

/** @returns the text with up to four places cut, doubled, overwritten or filled with a token or random bytes */
function mutated(text: string, random: SeededRandom): string {
  let out = text;
  for (let n = random.integer(4) + 1; n > 0; n -= 1) {
    const at = random.integer(out.length + 1);
    const end = Math.min(out.length, at + random.integer(12));
    const token = tokens[random.integer(tokens.length)] as string;
    const noise = Buffer.from(random.bytes(random.integer(6))).toString("latin1");
    const filling = [token, noise, out.slice(at, end).repeat(2), "", out.slice(at, end).toUpperCase()][
      random.integer(5)
    ];
    out = out.slice(0, at) + filling + out.slice(random.integer(2) === 0 ? at : end);
  }
  return out;
}

/** Runs until the time is up. @throws with the seed and the input, so that a failure can be run again */
function fuzz(run: (random: SeededRandom) => string, check: (input: string) => void): number {
  const random = seededRandom(seed);
  const end = performance.now() + share;
  let count = 0;
  for (; performance.now() < end; count += 1) {
    const input = run(random);
    try {
      withinBound(() => check(input));
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed}: ${JSON.stringify(input)}`, { cause: error });
    }
  }
  return count;
}

it("ARNs: read or refused, and what is read is written the same way again", { timeout }, () => {
  const listenerArn = `${serviceArn}/listener/listener-0123456789abcdef0`;
  const seeds = [
    ...[serviceArn, networkArn, listenerArn, `${listenerArn}/rule/rule-0123456789abcdef0`],
    ...["user/team/reader", "root"].map((rest) => `arn:aws:iam::123456789012:${rest}`),
    ...["assumed-role/web/one", "federated-user/guest"].map((rest) => `arn:aws:sts::123456789012:${rest}`),
  ];
  let read = 0;
  const count = fuzz(
    (random) => mutated(seeds[random.integer(seeds.length)] as string, random),
    (text) => {
      const principal = parsePrincipalArn(text);
      const lattice = parseLatticeArn(text);
      if (principal !== undefined) {
        expect(principal.arn).toBe(text);
        expect(text.split(":")[4]).toBe(principal.account);
        expect(text).toMatch(/^[\x21-\x7e]+$/);
      }
      if (lattice !== undefined) {
        expect(text).toMatch(/^arn:[a-z0-9:/-]+$/);
        expect(text.endsWith(lattice.id)).toBe(true);
        expect(text.split(":").slice(1, 5)).toEqual([
          lattice.partition,
          "vpc-lattice",
          lattice.region,
          lattice.account,
        ]);
      }
      if (principal !== undefined || lattice !== undefined) read += 1;
    },
  );
  expect(count).toBeGreaterThan(100);
  expect(read).toBeGreaterThan(0);
});

it("signed requests: whatever is changed, the verifier answers, and only what was signed counts", {
  timeout,
}, async () => {
  const principal = {
    kind: "aws",
    type: "User",
    account: "123456789012",
    arn: "arn:aws:iam::123456789012:user/a",
    tags: {},
  } as const;
  const credential = { accessKeyId: "AKIAFUZZ000000000001", secret: new Secret("the-secret"), principal };
  const scope = { service: "vpc-lattice-svcs", region, payload: "unsigned-only" } as const;
  const verifier = createSignatureVerifier(scope, (id) => (id === credential.accessKeyId ? credential : undefined));
  const now = new Date();
  const signer = new SignatureV4({
    ...{ service: scope.service, region, sha256: Sha256, applyChecksum: false },
    credentials: { accessKeyId: credential.accessKeyId, secretAccessKey: "the-secret" },
  });
  const own = { host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-tenant": "gold" };
  const query = { a: "1", b: "x y" };
  const unsigned = { method: "GET", protocol: "http:", hostname: host, path: "/orders/7", query, headers: own };
  const { headers } = await signer.sign(unsigned, { signingDate: now });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const good = ["GET", "/orders/7", "a=1&b=x%20y", ...lines].join("\n");
  const parsed = (text: string): SignedRequest => {
    const [method = "", path = "", rawQuery = "", ...rest] = text.split("\n");
    const rawHeaders = rest.flatMap((line) => [line.replace(/:.*/s, ""), line.replace(/^[^:]*:? ?/, "")]);
    return { method, path, query: rawQuery, rawHeaders };
  };
  /** What a signature leaves open: the order of parameters and headers, the case of header names, runs of blanks. */
  const meaning = (text: string): unknown => {
    const { method, path, query: rawQuery, rawHeaders } = parsed(text);
    const pairs = rawQuery
      .split("&")
      .filter((pair) => pair !== "")
      .map((pair) => {
        const [name = "", ...value] = pair.replaceAll("+", " ").split("=");
        return [name, value.join("=")].map((one) => decodeURIComponent(one)).join("\0");
      });
    const merged = path.replace(/\/+/g, "/");
    const signedNames = new Set([...Object.keys(headers).map((name) => name.toLowerCase())]);
    const kept = rawHeaders.flatMap((name, at) => {
      if (at % 2 === 1 || !signedNames.has(name.toLowerCase())) return [];
      const value = (rawHeaders[at + 1] as string).replace(/[ \t]+/g, " ").replace(/^ | $/g, "");
      return name.toLowerCase() === "authorization" ? [] : [`${name.toLowerCase()}:${value}`];
    });
    return { method, merged, pairs: pairs.sort(), kept: kept.sort() };
  };
  const signedMeaning = meaning(good);
  expect(verifier.verify(parsed(good), now).kind).toBe("verified");
  let verified = 0;

  const count = fuzz(
    (random) => mutated(good, random),
    (text) => {
      const result = verifier.verify(parsed(text), now);
      if (result.kind === "rejected") {
        expect(result.message).not.toContain("the-secret");
        return;
      }
      if (result.kind === "unsigned") return;
      verified += 1;
      expect(meaning(text)).toEqual(signedMeaning);
    },
  );
  expect(count).toBeGreaterThan(100);
  expect(verified).toBeLessThan(count);
});

it("bytes on the data plane's port: an answer or an end, and never past the policy", { timeout }, async () => {
  const world = await openRecordingWorld({ options: { headersTimeout: 2_000 } });
  await world.putService(guardedBy({}, { Effect: "Deny", ...resource("/admin*") }));
  const get = `GET /public/a?b=c HTTP/1.1\r\nHost: ${host}\r\nX-Tenant: gold\r\nConnection: keep-alive\r\n\r\n`;
  const post = `POST /public HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\n\r\nhello`;
  const chunked = `PUT /x HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`;
  const denied = `GET /admin HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const seeds = [get, post, chunked, denied, get + post, post + denied, chunked + denied, "\x16\x03\x01\x02\x00\x01"];
  const expected = new Set([100, 200, 400, 403, 404, 408, 417, 501]);
  const random = seededRandom(seed);
  const end = performance.now() + share;
  let count = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      const bytes = mutated(seeds[random.integer(seeds.length)] as string, random);
      const outcome = await rawExchange(world.port, bytes, { halfClose: true, deadlineMs: 5_000 });
      const said = `FUZZ_SEED=${seed}: ${JSON.stringify(bytes)}`;
      expect(outcome.isClosed, said).toBe(true);
      expect(
        outcome.statuses.filter((status) => !expected.has(status)),
        said,
      ).toEqual([]);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));

  expect(count).toBeGreaterThan(20);
  expect((await send(world.port, "/public")).status).toBe(200);
  const past = world.seen.filter(({ url }) => /^\/+admin/.test(url));
  expect(past, `FUZZ_SEED=${seed}`).toEqual([]);
  expect(world.warnings.filter(({ message }) => message === "request failed")).toEqual([]);
});
