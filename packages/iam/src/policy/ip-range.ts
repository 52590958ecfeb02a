// Not imported: docs/lambda.md, "Bundles".
const { isIPv4, isIPv6 } = process.getBuiltinModule("node:net");

/** 32-bit words, most significant first: one for IPv4, four for IPv6. */
export type IpAddress = readonly number[];

export interface Cidr {
  readonly address: IpAddress;
  /** One for each word of the address. */
  readonly masks: readonly number[];
}

const maxLength = 64;

/**
 * @returns the words of an IP address, undefined for other texts. `::ffff:10.0.0.1` is the IPv4 address in it: dual-stack sockets
 * report IPv4 clients so, and they must not escape a policy about IPv4. A zone (`%eth0`) is left out.
 */
export function parseAddress(text: string): IpAddress | undefined {
  if (text.length > maxLength) return undefined;
  if (isIPv4(text)) return [wordOfV4(text)];
  const zone = text.indexOf("%");
  const bare = zone < 0 ? text : text.slice(0, zone);
  if (!isIPv6(bare)) return undefined;
  const words = wordsOfV6(bare);
  return isMapped(words) ? [words[3] as number] : words;
}

/** @returns the range of `10.0.0.0/8`, of a single address, or undefined; bits after the prefix do not count */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const addressText = slash < 0 ? text : text.slice(0, slash);
  if (addressText.includes("%")) return undefined;
  const address = parseAddress(addressText);
  if (address === undefined) return undefined;
  const mapped = address.length === 1 && addressText.includes(":");
  const bits = mapped ? 128 : address.length * 32;
  const prefixText = slash < 0 ? String(bits) : text.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(prefixText)) return undefined;
  const prefix = Number(prefixText) - (mapped ? 96 : 0);
  if (prefix < 0 || Number(prefixText) > bits) return undefined;
  return { address, masks: address.map((_, i) => maskOf(prefix - i * 32)) };
}

function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

function wordOfV4(text: string): number {
  let word = 0;
  let octet = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 46) {
      word = (word << 8) | octet;
      octet = 0;
    } else octet = octet * 10 + code - 48;
  }
  return (word << 8) | octet;
}

function isMapped(words: readonly number[]): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
}

/** @param text known to be an IPv6 address without zone */
function wordsOfV6(text: string): number[] {
  const [before = "", after] = text.split("::");
  const head = groupsOf(before);
  const tail = after === undefined ? [] : groupsOf(after);
  const groups = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return [0, 2, 4, 6].map((i) => ((groups[i] as number) << 16) | (groups[i + 1] as number));
}

function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const word = wordOfV4(group);
    return [word >>> 16, word & 0xffff];
  });
}
