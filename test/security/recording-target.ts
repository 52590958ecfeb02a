import type { ListenerSnapshot, RuleMatch } from "@pergola/core";
import {
  host,
  listener,
  openTarget,
  openWorld,
  sendRaw,
  statuses,
  toGroup,
  type World,
  type WorldOptions,
} from "../../packages/data-plane/src/testing/world.ts";

/** What a target got. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface RecordingWorld extends World {
  /** In the order in which they were complete. */
  readonly seen: readonly SeenRequest[];
}

/** A data plane on a real port, with a target that remembers every request and answers 200. */
export async function openRecordingWorld(given: WorldOptions = {}): Promise<RecordingWorld> {
  const world = await openWorld(given);
  const seen: SeenRequest[] = [];
  const target = await openTarget((request, response) => {
    const { method = "", url = "", rawHeaders } = request;
    let body = "";
    request.setEncoding("latin1");
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      seen.push({ method, url, rawHeaders, body });
      response.end("reached");
    });
  });
  await world.putTargets(target);
  return { ...world, seen };
}

/** @returns every value of a header that a target got, by its name in lower case, as sent */
export function valuesOf({ rawHeaders }: SeenRequest, name: string): string[] {
  return rawHeaders.filter((_text, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
}

/**
 * Sends a request with these lines after Host, byte for byte, on its own connection.
 * @returns the status of the only answer and all that came back
 */
export async function ask(
  { port }: Pick<World, "port">,
  requestLine: string,
  lines: readonly string[] = [],
  body = "",
): Promise<{ readonly status: number | undefined; readonly raw: string }> {
  const all = [`${requestLine} HTTP/1.1`, `Host: ${host}`, ...lines];
  if (!lines.some((line) => /^connection:/i.test(line))) all.push("Connection: close");
  const raw = await sendRaw(port, `${all.join("\r\n")}\r\n\r\n${body}`, 3_000);
  const [status] = statuses(raw);
  return { status, raw };
}

/** @returns listeners on port 80 that forward what `httpMatch` matches and answer 404 to everything else */
export function forwardOnly(httpMatch: RuleMatch["httpMatch"]): readonly ListenerSnapshot[] {
  const rules = [{ id: "rule-0123456789abcdef0", priority: 1, match: { httpMatch }, action: toGroup }];
  return [listener(80, { rules, defaultAction: { kind: "fixed-response", statusCode: 404 } })];
}
