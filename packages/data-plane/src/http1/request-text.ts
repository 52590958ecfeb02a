import type { Call } from "../call.ts";
import { isSignature, namedByConnection } from "../header-names.ts";
import { networkHeaders, requestHeaders } from "../request-headers.ts";
import { requestHead } from "./grammar.ts";
import { type HeaderSection, keptLines, valueWith } from "./header-section.ts";
import { trait } from "./known-name.ts";

/**
 * @returns the request's head as it goes to the target, with its empty line, or undefined when it cannot be sent: its host has
 * let through what is no HTTP/1.1, or a length that is not the body's
 */
export function requestText(call: Call): string | undefined {
  const { head, section, contentLength, awaitsContinue, upgrade } = call.exchange;
  const start = `${head.method} ${head.target} HTTP/1.1\r\n`;
  const isRelayed = awaitsContinue !== true && upgrade === undefined && call.span === undefined;
  if (section?.isPlain === true && isRelayed && !namesHeaders(section)) return start + sectionText(call, section);
  const headers = requestHeaders(call);
  let text = start;
  let isFramed = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (name.length === 14 && name.toLowerCase() === "content-length") {
      if (isFramed || value !== String(contentLength)) return undefined;
      isFramed = true;
    }
    text += `${name}: ${value}\r\n`;
  }
  if (contentLength === -1) text += "transfer-encoding: chunked\r\n";
  else if (contentLength > 0 && !isFramed) text += `content-length: ${contentLength}\r\n`;
  if (awaitsContinue === true && contentLength !== 0) text += "expect: 100-continue\r\n";
  if (upgrade !== undefined) text += `connection: upgrade\r\nupgrade: ${upgrade.join(", ")}\r\n`;
  text += "\r\n";
  return (section !== undefined && head.protocol !== "HTTP/2") || requestHead.test(text) ? text : undefined;
}

function namesHeaders({ traits, rawHeaders }: HeaderSection): boolean {
  return (traits & trait.connection) !== 0 && namedByConnection(rawHeaders) !== undefined;
}

/** The lines that stay, in one piece as a rule, and the network's own behind them. A Content-Length stays as it was checked. */
function sectionText(call: Call, section: HeaderSection): string {
  const { connection, contentLength } = call.exchange;
  const authorization = valueWith(section, trait.authorization);
  const isSigned = authorization !== undefined && isSignature(authorization);
  const kept = isSigned ? withoutSignature(section) : keptLines(section, trait.notToTarget);
  const forwardedFor = forwardedForOf(section) + connection.peerAddress;
  const port = connection.listenerPort;
  const proto = connection.tls === undefined ? "http" : "https";
  return (
    `${kept}x-forwarded-for: ${forwardedFor}\r\nx-forwarded-port: ${port}\r\nx-forwarded-proto: ${proto}\r\n` +
    `x-amzn-requestid: ${call.requestId}\r\n${networkLines(call)}${contentLength === -1 ? chunked : "\r\n"}`
  );
}

const chunked = "transfer-encoding: chunked\r\n\r\n";

/** One Authorization header is AWS's, so there is no other: with two the request was refused. */
function withoutSignature(section: HeaderSection): string {
  return keptLines(section, trait.notToTarget | trait.authorization);
}

function forwardedForOf({ traits, names, rawHeaders }: HeaderSection): string {
  if ((traits & trait.forwardedFor) === 0) return "";
  return names.reduce(
    (text, name, i) => ((name.traits & trait.forwardedFor) === 0 ? text : `${text}${rawHeaders[2 * i + 1]}, `),
    "",
  );
}

interface KnownLines extends Pick<Call, "service" | "network" | "sourceVpc" | "principal"> {
  readonly text: string;
}

/** By target group: almost always the same for one request after another. */
const known = new WeakMap<object, KnownLines>();

function networkLines(call: Call): string {
  const { service, network, sourceVpc, principal, targetGroup } = call;
  const last = targetGroup && known.get(targetGroup);
  const isSame = last?.service === service && last?.network === network && last?.sourceVpc === sourceVpc;
  if (last !== undefined && isSame && last.principal === principal) return last.text;
  const headers = networkHeaders(call);
  let text = "";
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  if (targetGroup !== undefined) known.set(targetGroup, { service, network, sourceVpc, principal, text });
  return text;
}
