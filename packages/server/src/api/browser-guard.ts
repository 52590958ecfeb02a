import { headerValue } from "@pergola/core";
import { isLoopbackHost } from "../config/loopback.ts";
import type { ApiError } from "./api-error.ts";

/**
 * Keeps web pages from configuring a Pergola that asks for no credentials. Two attacks: a page whose name is rebound to
 * 127.0.0.1 reaches the port as its own origin (so the Host has to be a loopback name), and a page of another origin sends a
 * request blindly (so an Origin has to be this server's own, and the browser must not call the request cross-site).
 * @param ownHost the host that the server is bound to
 * @returns why the request is refused, or undefined
 */
export function refuseForeignPage(rawHeaders: readonly string[], ownHost: string): ApiError | undefined {
  const host = headerValue(rawHeaders, "host") ?? "";
  const name = hostName(host);
  if (name === undefined || !(isLoopbackHost(name) || name === ownHost)) {
    return forbidden(`the host \`${printable(host)}\` is not this server: call it as localhost or 127.0.0.1`);
  }
  const origin = headerValue(rawHeaders, "origin");
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return forbidden(`the origin \`${printable(origin)}\` may not call this API: only pages of this server may`);
  }
  const site = headerValue(rawHeaders, "sec-fetch-site");
  const navigates = headerValue(rawHeaders, "sec-fetch-mode") === "navigate" && origin === undefined;
  if ((site === "cross-site" || site === "same-site") && !navigates) {
    return forbidden("a page of another site may not call this API");
  }
  return undefined;
}

const forbidden = (message: string): ApiError => ({ status: 403, type: "AccessDeniedException", message });

/** @returns the name without port and brackets, or undefined when the header is none */
function hostName(host: string): string | undefined {
  if (host.length > 255) return undefined;
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+))(?::\d{1,5})?$/.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

const printable = (text: string): string => text.slice(0, 128).replace(/[^\x20-\x7e]/g, "?");
