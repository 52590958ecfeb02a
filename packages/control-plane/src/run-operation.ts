import { createHash } from "node:crypto";
import {
  type Caller,
  type ConfigStore,
  conflict,
  type ErrorResourceType,
  invalidFields,
  type Key,
  LatticeError,
  owners,
  VersionConflict,
  type VpcEndpointDirectory,
} from "@pergola/core";
import { violations } from "./constraint.ts";
import { noRequests } from "./explain/get-request.ts";
import { recordChange } from "./history/record-change.ts";
import type {
  CertificatePorts,
  ControlPlanePorts,
  IdentityPorts,
  Operation,
  OrganizationDirectory,
} from "./operation.ts";
import { Transaction } from "./transaction.ts";
import type { Outcome, WriteQueue } from "./write-queue.ts";

/** How long a client token is remembered, in seconds. AWS does not document its own figure. */
const tokenLifetimeSeconds = 86_400;

interface Remembered {
  readonly fingerprint: string;
  readonly output: unknown;
}

/**
 * Validates an input and runs an operation in a transaction, again as long as another writer was faster.
 * @throws LatticeError
 */
export async function runOperation(
  name: string,
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
  caller: Caller,
  ports: ControlPlanePorts,
  queue: WriteQueue,
): Promise<unknown> {
  const faults = violations(operation.input, input);
  if (faults.length > 0) throw invalidFields(faults);
  const attemptOn = (store: ConfigStore, progress?: unknown): Promise<Outcome> =>
    attempt(name, operation, input, caller, { ...ports, store }, progress);
  return operation.readOnly ? (await attemptOn(ports.store)).output : queue(attemptOn);
}

async function attempt(
  name: string,
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
  caller: Caller,
  ports: ControlPlanePorts,
  progress?: unknown,
): Promise<Outcome> {
  const tx = new Transaction(ports.store);
  const now = ports.clock.now();
  const token = typeof input.clientToken === "string" ? tokenKey(name, caller, input.clientToken) : undefined;
  const fingerprint = token === undefined ? "" : fingerprintOf(input);
  if (token !== undefined) {
    const remembered = await tx.get<Remembered>(token);
    if (remembered !== undefined) {
      return { output: replay(name, remembered, fingerprint, String(input.clientToken)), unfinished: false };
    }
  }
  const { settings, targets, ids, vpcEndpoints = noVpcEndpoints } = ports;
  const {
    identities = noIdentities,
    requests = noRequests,
    organizations = noOrganizations,
    certificates = noCertificates,
  } = ports;
  const newId = (prefix: string): string => ids.resourceId(prefix);
  const environment = { settings, targets, vpcEndpoints, identities, requests, organizations, certificates };
  const context = { caller, now, ...environment, tx, newId, progress };
  const output = await operation.run(input as never, context).catch(async (error: unknown) => {
    if (token !== undefined) await requireUnused(ports, token);
    throw error;
  });
  if (token !== undefined && !tx.unfinished) {
    const remembered: Remembered = { fingerprint, output };
    tx.put(token, remembered, Math.floor(now.getTime() / 1000) + tokenLifetimeSeconds);
  }
  if (!operation.readOnly) {
    await recordChange(name, output, context);
    await tx.commit();
  }
  return { output, unfinished: tx.unfinished, progress: tx.progress };
}

/**
 * A request with the same token may have gone through after this one looked for it: then its resource is what this one ran into, and
 * the refusal is none.
 * @throws VersionConflict so that this one is tried again, and finds the token
 */
async function requireUnused({ store }: ControlPlanePorts, token: Key): Promise<void> {
  if ((await store.get(token)) !== undefined) throw new VersionConflict([token]);
}

/** The token is hashed: it may hold characters that keys of the store may not. */
function tokenKey(operation: string, caller: Caller, token: string): Key {
  const digest = createHash("sha256").update(token).digest("base64url");
  return { owner: owners.tokens(caller), id: `${operation}/${digest}` };
}

const noCertificates: CertificatePorts = {
  sealKey: () => {
    throw new LatticeError("AccessDeniedException", "this deployment has no key to keep private keys with");
  },
};

const noOrganizations: OrganizationDirectory = { organizationOf: () => undefined, hasUnit: () => false };
const noVpcEndpoints: VpcEndpointDirectory = { endpoints: () => [], endpointsOf: () => [] };

const noIdentities: IdentityPorts = {
  findIdentity: () => undefined,
  sealSecret: () => {
    throw new LatticeError("AccessDeniedException", "this deployment has no key to keep secrets with");
  },
};

/** Same parameters, same fingerprint, whatever the order of members. */
function fingerprintOf({ clientToken: _, ...input }: Readonly<Record<string, unknown>>): string {
  return createHash("sha256").update(canonicalJson(input)).digest("base64");
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(",")}}`;
}

function replay(operation: string, { fingerprint, output }: Remembered, expected: string, token: string): unknown {
  if (fingerprint === expected) return output;
  const { id = token } = output as { readonly id?: string };
  const message = `the client token \`${token}\` was used before with other parameters; use a new one`;
  throw conflict(createdType(operation), id, message);
}

/** @returns what an operation with a client token creates: `TARGET_GROUP` of CreateTargetGroup */
function createdType(operation: string): ErrorResourceType {
  const words = operation.replace(/^[A-Z][a-z]+/, "").replace(/(?<=[a-z])(?=[A-Z])/g, "_");
  return words.toUpperCase() as ErrorResourceType;
}
