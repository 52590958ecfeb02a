import {
  conflict,
  invalidFields,
  type Key,
  type Listener,
  type ListenerProtocol,
  notFound,
  owners,
  type Service,
} from "@pergola/core";
import { getService, locate } from "../locate.ts";
import type { OperationContext } from "../operation.ts";

export interface FoundListener {
  readonly service: Service;
  readonly key: Key;
  readonly listener: Listener;
}

/** Labels of every operation on a listener. */
interface ListenerLabels {
  readonly serviceIdentifier: string;
  readonly listenerIdentifier: string;
}

export const defaultPorts: Readonly<Record<ListenerProtocol, number>> = { HTTP: 80, HTTPS: 443, TLS_PASSTHROUGH: 443 };

export function listenerKey(serviceId: string, listenerId: string): Key {
  return { owner: owners.listeners(serviceId), id: listenerId };
}

/**
 * @returns a listener and its service; an id is looked up within the service given
 * @throws LatticeError ResourceNotFoundException, or ValidationException for the ARN of another service's listener
 */
export async function findListener(context: OperationContext, labels: ListenerLabels): Promise<FoundListener> {
  const { value: service } = await getService(context, labels.serviceIdentifier);
  const { id, arn } = locate(context, labels.listenerIdentifier);
  if (arn !== undefined && arn.serviceId !== service.id) {
    throw invalidFields([{ name: "listenerIdentifier", message: `must name a listener of service \`${service.id}\`` }]);
  }
  const key = listenerKey(service.id, id);
  const listener = await context.tx.get<Listener>(key);
  if (listener === undefined || (arn !== undefined && labels.listenerIdentifier !== listener.arn)) {
    throw notFound("LISTENER", labels.listenerIdentifier);
  }
  return { service, key, listener };
}

/**
 * Like `findListener`, for changes below it: no other writer below the service can win against this transaction.
 * @throws LatticeError also ConflictException while the listener's deletion is under way
 */
export async function lockListener(context: OperationContext, labels: ListenerLabels): Promise<FoundListener> {
  const found = await findListener(context, labels);
  if (found.listener.deleting === true) {
    throw conflict("LISTENER", found.listener.id, `Listener ${found.listener.id} is being deleted`);
  }
  await context.tx.lockService(found.service);
  return found;
}
