import { Duplex } from "node:stream";
import { type ConnectionOptions, connect } from "node:tls";

/** @returns the ClientHello that Node sends with these options: one handshake record */
export function clientHello(options: ConnectionOptions): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const wire = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      resolve(chunk);
      done();
    },
  });
  const socket = connect({ ...options, socket: wire });
  socket.on("error", () => undefined);
  return promise.finally(() => socket.destroy());
}

/** @returns the message of one handshake record, cut into records at the given places */
export function inRecords(record: Buffer, cuts: readonly number[]): Buffer {
  const message = record.subarray(5);
  const places = [0, ...cuts.map((cut) => cut % message.length).sort((a, b) => a - b), message.length];
  const records = places.slice(1).flatMap((end, i) => {
    const part = message.subarray(places[i] as number, end);
    return part.length === 0 ? [] : [Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part];
  });
  return Buffer.concat(records);
}

/** @param extensions type and content each. @returns a handshake record with a ClientHello of these extensions */
export function helloWith(extensions: readonly (readonly [type: number, content: Buffer])[]): Buffer {
  const list = Buffer.concat(extensions.flatMap(([type, content]) => [uint16(type), uint16(content.length), content]));
  const body = Buffer.concat([
    uint16(0x0303),
    Buffer.alloc(32, 7),
    Buffer.from([0]),
    Buffer.from([0, 2, 0x13, 0x01]),
    Buffer.from([1, 0]),
    uint16(list.length),
    list,
  ]);
  const message = Buffer.concat([Buffer.from([1, 0]), uint16(body.length), body]);
  return Buffer.concat([Buffer.from([22, 3, 1]), uint16(message.length), message]);
}

/** @returns the content of a server_name extension */
export function serverNames(...names: readonly string[]): Buffer {
  const list = Buffer.concat(
    names.flatMap((name) => [Buffer.from([0]), uint16(name.length), Buffer.from(name, "latin1")]),
  );
  return Buffer.concat([uint16(list.length), list]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}
