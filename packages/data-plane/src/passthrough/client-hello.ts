/** What a client's first flight says. */
export type HelloReading =
  | { readonly kind: "incomplete" }
  /** It is no ClientHello, or one that could be read in two ways. */
  | { readonly kind: "broken" }
  /** The server name in lower case, undefined without one. */
  | { readonly kind: "hello"; readonly serverName: string | undefined };

/** Bytes of the message; those of browsers with keys for post-quantum exchange have about 2,000. */
const maxHello = 16 * 1024;
/** Bytes on the wire: the message may come in many records, each with a header, but not one for each byte. */
const maxWire = 20 * 1024;

const recordHeader = 5;
const handshakeRecord = 22;
const clientHello = 1;
const incomplete = { kind: "incomplete" } as const;
const broken = { kind: "broken" } as const;

/** Collects a ClientHello over as many reads and records as it takes. RFC 8446 §4.1.2 and §5.1. */
export class ClientHelloReader {
  /** Everything that has come in, for whoever has the connection next. */
  bytes: Buffer = Buffer.alloc(0);
  #message: Buffer = Buffer.alloc(0);
  /** Where in `bytes` the next record begins. */
  #at = 0;

  /** @param chunk what the client has sent since the last call */
  read(chunk: Buffer): HelloReading {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    while (this.bytes.length - this.#at >= recordHeader) {
      const length = this.bytes.readUInt16BE(this.#at + 3);
      if (this.bytes[this.#at] !== handshakeRecord || this.bytes[this.#at + 1] !== 3 || length === 0) return broken;
      const end = this.#at + recordHeader + length;
      if (end > maxWire) return broken;
      if (end > this.bytes.length) break;
      this.#message = Buffer.concat([this.#message, this.bytes.subarray(this.#at + recordHeader, end)]);
      this.#at = end;
      const reading = readMessage(this.#message);
      if (reading.kind !== "incomplete") return reading;
    }
    return this.bytes.length > maxWire ? broken : incomplete;
  }
}

function readMessage(message: Buffer): HelloReading {
  if (message[0] !== clientHello) return broken;
  if (message.length < 4) return incomplete;
  const length = message.readUIntBE(1, 3);
  if (length > maxHello) return broken;
  // Nothing may follow the ClientHello before it has been answered.
  if (message.length > 4 + length) return broken;
  return message.length < 4 + length ? incomplete : readHello(message.subarray(4));
}

function readHello(body: Buffer): HelloReading {
  const cursor = new Cursor(body);
  cursor.skip(2 + 32); // legacy_version, random
  cursor.vector(1); // legacy_session_id
  cursor.vector(2); // cipher_suites
  cursor.vector(1); // legacy_compression_methods
  // Clients of before 2003 have no extensions.
  if (cursor.isSound && cursor.isAtEnd) return { kind: "hello", serverName: undefined };
  const extensions = new Cursor(cursor.vector(2));
  if (!cursor.isSound || !cursor.isAtEnd) return broken;
  let serverName: string | undefined;
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (!extensions.isSound) return broken;
    if (type !== 0) continue;
    // Of two names this server might go by one and the target by the other. RFC 8446 §4.2.
    if (serverName !== undefined) return broken;
    serverName = readServerName(content);
    if (serverName === undefined) return broken;
  }
  return { kind: "hello", serverName };
}

/** A DNS name: no address, no dot at the end. RFC 6066 §3. */
const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;

/** @returns undefined unless it is one host name */
function readServerName(extension: Buffer): string | undefined {
  const outer = new Cursor(extension);
  const list = new Cursor(outer.vector(2));
  const type = list.number(1);
  const name = list.vector(2).toString("latin1");
  if (!outer.isSound || !outer.isAtEnd || !list.isSound || !list.isAtEnd || type !== 0) return undefined;
  return hostName.test(name) ? name.toLowerCase() : undefined;
}

/** Reads a structure of TLS; once it has run over the end, everything is empty and it is not sound. */
class Cursor {
  isSound = true;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  skip(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) this.isSound = false;
    const taken = this.isSound ? this.#bytes.subarray(this.#at, end) : Buffer.alloc(0);
    this.#at = this.isSound ? end : this.#bytes.length;
    return taken;
  }

  number(width: 1 | 2): number {
    const bytes = this.skip(width);
    return bytes.length === width ? bytes.readUIntBE(0, width) : 0;
  }

  /** @param width bytes that its length takes */
  vector(width: 1 | 2): Buffer {
    return this.skip(this.number(width));
  }
}
