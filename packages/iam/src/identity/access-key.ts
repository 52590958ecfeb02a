import { randomBytes, randomInt } from "node:crypto";

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32Id(prefix: string, length: number): string {
  let id = prefix;
  for (let i = 0; i < length; i += 1) id += base32[randomInt(base32.length)];
  return id;
}

/** @returns a fresh access key id of 20 characters: `AKIA…` for long-lived keys, `ASIA…` for sessions */
export function newAccessKeyId(kind: "long-lived" | "session"): string {
  return base32Id(kind === "session" ? "ASIA" : "AKIA", 16);
}

/** @returns a fresh secret access key of 40 characters */
export function newSecretAccessKey(): string {
  return randomBytes(30).toString("base64");
}

/** @returns a fresh stable id of a user (`AIDA…`) or role (`AROA…`), 21 characters */
export function newUniqueId(kind: "user" | "role"): string {
  return base32Id(kind === "user" ? "AIDA" : "AROA", 17);
}
