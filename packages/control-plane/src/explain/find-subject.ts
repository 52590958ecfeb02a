import {
  invalidFields,
  type ListenerSnapshot,
  type NetworkSnapshot,
  notFound,
  owners,
  parseLatticeArn,
  type ServiceSnapshot,
  serviceIdOfGeneratedName,
} from "@pergola/core";
import type { OperationContext } from "../operation.ts";
import { nameKey } from "../unique-name.ts";

/**
 * @param text a service's id, ARN, name, generated DNS name or custom domain name
 * @throws LatticeError ResourceNotFoundException
 */
export async function findSnapshot(context: OperationContext, text: string): Promise<ServiceSnapshot> {
  const id = await serviceIdOf(context, text);
  const snapshot =
    id === undefined ? undefined : await context.tx.get<ServiceSnapshot>({ owner: owners.serviceSnapshots, id });
  if (snapshot === undefined || snapshot.account !== context.caller.account) throw notFound("SERVICE", text);
  return snapshot;
}

async function serviceIdOf({ tx, caller }: OperationContext, text: string): Promise<string | undefined> {
  if (text.startsWith("svc-")) return text;
  const arn = parseLatticeArn(text);
  if (arn !== undefined) return arn.prefix === "svc" ? arn.id : undefined;
  const host = text.toLowerCase();
  const generated = serviceIdOfGeneratedName(host);
  if (generated !== undefined) return generated;
  if (!host.includes(".")) return (await tx.get<{ id: string }>(nameKey(caller, "Service", text)))?.id;
  const [first] = (await tx.page(owners.domain(host), { limit: 1 })).items;
  return first?.id;
}

/** @returns the service's networks that are still there, in the order of association */
export async function networksOf(
  { tx }: OperationContext,
  service: ServiceSnapshot,
): Promise<readonly NetworkSnapshot[]> {
  const networks = await Promise.all(
    service.networkIds.map((id) => tx.get<NetworkSnapshot>({ owner: owners.networkSnapshots, id })),
  );
  return networks.filter((network) => network !== undefined);
}

/** @throws LatticeError ValidationException when the service has no listener there, or none at all */
export function findListener(service: ServiceSnapshot, port: number | undefined): ListenerSnapshot {
  const listener =
    port === undefined ? service.listeners[0] : service.listeners.find((candidate) => candidate.port === port);
  if (listener !== undefined) return listener;
  const ports = service.listeners.map((candidate) => candidate.port);
  const message = ports.length === 0 ? "the service has no listener" : `must be a listener's port: ${ports.join(", ")}`;
  throw invalidFields([{ name: "port", message }]);
}
