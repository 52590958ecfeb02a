import type { Json, TargetGroupEntry } from "./document.ts";
import { type Item, pathOf } from "./item.ts";

/** @returns a group and its targets */
export function targetGroupItems([name, entry]: [string, TargetGroupEntry]): Item[] {
  const { type, config = {}, targets = [], tags = {} } = entry;
  const { healthCheck = {}, ...fixed } = config;
  const path = pathOf("targetGroups", name);
  const group: Item = {
    kind: "target-group",
    path,
    name,
    fixed: { type, ...fixed },
    settable: { healthCheck },
    lenient: true,
    tags,
  };
  return [group, ...targets.map((target) => targetItem(path, target, defaultTargetPort(type, config)))];
}

/** @returns the port that targets of a group have when they name none; undefined for functions */
export function defaultTargetPort(type: string, config: Json): number | undefined {
  if (type === "LAMBDA") return undefined;
  if (typeof config.port === "number") return config.port;
  return config.protocol === "HTTPS" ? 443 : 80;
}

/** @param port of a target that names none */
export function targetItem(
  parent: string,
  { id, port: own }: { readonly id: string; readonly port?: number },
  port: number | undefined,
): Item {
  const resolved = port === undefined ? undefined : (own ?? port);
  const name = resolved === undefined ? id : `${id}:${resolved}`;
  const fixed = { id, ...(resolved === undefined ? {} : { port: resolved }) };
  return { kind: "target", path: pathOf(parent, "targets", name), parent, name, fixed, settable: {} };
}
