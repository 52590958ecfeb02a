import { dropsFromRequest, dropsFromResponse, isNetworkHeader } from "../header-names.ts";

/** What there is to know of a header by its name alone, as bits. */
export const trait = {
  host: 1,
  contentLength: 1 << 1,
  transferEncoding: 1 << 2,
  expect: 1 << 3,
  connection: 1 << 4,
  authorization: 1 << 5,
  requestId: 1 << 6,
  userAgent: 1 << 7,
  forwardedFor: 1 << 8,
  date: 1 << 9,
  keepAlive: 1 << 10,
  underscore: 1 << 11,
  /** Never goes on to a target; Authorization hangs on its value, and X-Forwarded-For is added to. */
  notToTarget: 1 << 12,
  /** Never goes back to a client. */
  notToClient: 1 << 13,
  /** The network's own to say: rules and policies don't go by it. */
  network: 1 << 14,
} as const;

const traitOfName: Readonly<Record<string, number>> = {
  host: trait.host,
  "content-length": trait.contentLength,
  "transfer-encoding": trait.transferEncoding,
  expect: trait.expect,
  connection: trait.connection,
  authorization: trait.authorization,
  "x-amzn-requestid": trait.requestId,
  "user-agent": trait.userAgent,
  "x-forwarded-for": trait.forwardedFor,
  date: trait.date,
  "keep-alive": trait.keepAlive,
};

/** A header's name in one spelling. */
export interface KnownName {
  /** As it was sent. */
  readonly text: string;
  readonly traits: number;
}

/**
 * Names seen, by a hash that costs next to nothing: a name that is in its place is neither cut out of its head nor looked at again.
 * One that shares its place with another takes turns with it, so a client that sends odd names makes itself slow, and no one else
 * by more than that.
 */
const places: (KnownName | undefined)[] = new Array(1024).fill(undefined);
/** Longer names are not kept. */
const maxKept = 64;

/** @returns the name that stands in `head` from `from` to `to` */
export function nameAt(head: string, from: number, to: number): KnownName {
  const length = to - from;
  const last = head.charCodeAt(to - 1);
  const mixed = length * 31 + head.charCodeAt(from) * 7 + last * 131 + head.charCodeAt(from + (length >> 1)) * 17;
  const place = mixed & (places.length - 1);
  const known = places[place];
  if (known !== undefined && known.text.length === length && head.startsWith(known.text, from)) return known;
  // A copy: a part of the head would keep all of it in memory.
  const text = Buffer.from(head.slice(from, to), "latin1").toString("latin1");
  const made = { text, traits: traitsOf(text) };
  if (length <= maxKept) places[place] = made;
  return made;
}

function traitsOf(text: string): number {
  const name = text.toLowerCase();
  const own = Object.hasOwn(traitOfName, name) ? (traitOfName[name] ?? 0) : 0;
  return (
    own |
    (name.includes("_") ? trait.underscore : 0) |
    (dropsFromRequest(name, "") ? trait.notToTarget : 0) |
    (dropsFromResponse(name) ? trait.notToClient : 0) |
    (isNetworkHeader(name) ? trait.network : 0)
  );
}
