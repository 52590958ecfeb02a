import { albEvent, urlEvent } from "../lambda/scene.ts";
import { signedHeaders } from "../lambda/signed-headers.ts";
import type { Plan } from "./plans.ts";
import type { Session } from "./reader-session.ts";
import type { Shops } from "./shops.ts";

/** @returns the event that a router gets for a request */
export function eventOf({ kind, isGuarded, caller, path }: Plan, shops: Shops, session: Session): object {
  const { host } = isGuarded ? shops.guarded : shops.open;
  const secretAccessKey = caller === "forger" ? "another secret" : session.secretAccessKey;
  const signed = caller === "anonymous" ? {} : signedHeaders({ path, host, ...session, secretAccessKey });
  if (kind === "router-alb") return albEvent({ path, query: {}, headers: { host, ...signed } });
  return urlEvent({ path, headers: { "x-forwarded-host": host, ...signed } });
}
