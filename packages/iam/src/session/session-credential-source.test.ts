import { expect, it } from "vitest";
import { type Keyring, newSealingKey } from "./keyring.ts";
import { sessionCredentialSource } from "./session-credential-source.ts";
import { sealSession } from "./session-token.ts";

const account = "123456789012";
const accessKeyId = "ASIAPERGOLAEXAMPLE01";
const sealed = (keyring: Keyring): string =>
  sealSession(keyring, {
    accessKeyId,
    secretAccessKey: "secret",
    expiresAt: "2099-01-01T00:00:00Z",
    issuer: `arn:aws:iam::${account}:role/web`,
    principal: { kind: "aws", type: "User", arn: `arn:aws:iam::${account}:user/ann`, account, tags: {} },
  });

it("sessions are known by the keys in force at each moment, those that were opened before among them", () => {
  const [first, second] = [newSealingKey(new Date()), newSealingKey(new Date())];
  let ring: Keyring | undefined;
  const credentials = sessionCredentialSource({ current: () => ring });
  const tokens = [sealed({ keys: [first] }), sealed({ keys: [second] })];
  const known = (): boolean[] => tokens.map((token) => credentials(accessKeyId, token) !== undefined);

  expect(known()).toEqual([false, false]);
  ring = { keys: [first] };
  expect(known()).toEqual([true, false]);
  ring = { keys: [second, first] };
  expect(known()).toEqual([true, true]);
  ring = { keys: [second] };
  expect(known()).toEqual([false, true]);
  ring = undefined;
  expect(known()).toEqual([false, false]);
});

it("neither long-lived keys nor another's access key id are known", () => {
  const ring = { keys: [newSealingKey(new Date())] };
  const credentials = sessionCredentialSource({ current: () => ring });
  expect(credentials(accessKeyId, undefined)).toBeUndefined();
  expect(credentials("ASIAOTHER00000000000", sealed(ring))).toBeUndefined();
});
