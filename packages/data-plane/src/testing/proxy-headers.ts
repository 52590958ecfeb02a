const signature = Buffer.from("0d0a0d0a000d0a515549540a", "hex");

/** @param command 0x21 for PROXY, 0x20 for LOCAL. @param family 0x11 for TCP over IPv4. @returns a PROXY header of version 2 */
export function proxyHeader(command: number, family: number, block: Buffer): Buffer {
  const rest = Buffer.from([command, family, block.length >> 8, block.length & 255]);
  return Buffer.concat([signature, rest, block]);
}

/** @returns the block of addresses and ports, from a client to 192.0.2.1:443 */
export function ipv4Block(address: string, port: number): Buffer {
  const block = Buffer.from([...address.split(".").map(Number), 192, 0, 2, 1, 0, 0, 1, 187]);
  block.writeUInt16BE(port, 8);
  return block;
}

/** @returns a header that says that a client with an IPv4 address connects */
export function proxyFrom(address: string, port = 50_000): Buffer {
  return proxyHeader(0x21, 0x11, ipv4Block(address, port));
}
