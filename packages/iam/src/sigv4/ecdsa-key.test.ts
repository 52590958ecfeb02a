import { expect, it } from "vitest";
import { deriveEcdsaPublicKey } from "./ecdsa-key.ts";

it("a SigV4A public key is the one of AWS's published key derivation example", () => {
  // Source: awslabs/aws-c-auth, tests/key_derivation_tests.c.
  const key = deriveEcdsaPublicKey("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom");
  const { x = "", y = "" } = key.export({ format: "jwk" });
  expect(Buffer.from(x, "base64url").toString("hex")).toBe(
    "15d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb",
  );
  expect(Buffer.from(y, "base64url").toString("hex")).toBe(
    "0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0",
  );
});
