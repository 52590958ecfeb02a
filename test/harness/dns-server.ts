import { createSocket } from "node:dgram";
import type { AddressInfo } from "node:net";

/** A DNS server on a free UDP port of the loopback interface. It knows TXT and A records. */
export interface DnsServer extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** Name → texts; each text is a list of strings of at most 255 bytes. `"SERVFAIL"` for a name that it fails on. */
  readonly records: Map<string, readonly (readonly string[])[] | "SERVFAIL">;
  /** Name → IPv4 addresses. */
  readonly addresses: Map<string, readonly string[]>;
  /** Names in the order in which they were asked for. */
  readonly asked: string[];
}

const typeA = 1;
const typeTxt = 16;
const noError = 0;
const serverFailure = 2;
const noSuchName = 3;

/** Starts a DNS server without any records. */
export async function startDnsServer(): Promise<DnsServer> {
  const records: DnsServer["records"] = new Map();
  const addresses: DnsServer["addresses"] = new Map();
  const asked: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (query, peer) =>
    socket.send(answer(query, { records, addresses, asked }), peer.port, peer.address),
  );
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    records,
    addresses,
    asked,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** RFC 1035, 4.1: header, the question as it came, and one resource record for each text or address. */
function answer(query: Buffer, { records, addresses, asked }: Omit<DnsServer, "address" | symbol>): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(12, at + 5);
  const name = labels.join(".").toLowerCase();
  asked.push(name);
  const found = records.get(name);
  const isForAddress = query.readUInt16BE(at + 1) === typeA;
  const texts = found === undefined || found === "SERVFAIL" ? [] : found.map(textData);
  const data = isForAddress ? (addresses.get(name) ?? []).map(addressData) : texts;
  const isKnown = found !== undefined || addresses.has(name);
  const code = found === "SERVFAIL" ? serverFailure : isKnown ? noError : noSuchName;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(data.length, 6);
  return Buffer.concat([header, question, ...data.map((one) => record(isForAddress ? typeA : typeTxt, one))]);
}

function textData(strings: readonly string[]): Buffer {
  return Buffer.concat(strings.map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])));
}

function addressData(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

function record(type: number, data: Buffer): Buffer {
  // A pointer to the question's name, type, class IN, one minute to live.
  const head = Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 60, 0, 0]);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
