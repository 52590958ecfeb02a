/** RFC 9113 §6. */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const frameFlag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** RFC 9113 §7. */
export const errorCode = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const;

/** RFC 9113 §6.5.2. */
export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  enableConnectProtocol: 8,
  noPriorities: 9,
} as const;

export const frameHead = 9;
/** Bytes of payload that either side may send where nothing else is said. RFC 9113 §6.5.2. */
export const defaultFrameSize = 16_384;
/** Of connections and streams. RFC 9113 §6.9.2. */
export const defaultWindow = 65_535;
export const maxWindow = 2 ** 31 - 1;
export const maxStreamId = 2 ** 31 - 1;

/** @returns the number of 32 bits that stands at a place */
export function uint32(bytes: Buffer, at: number): number {
  return uint31(bytes, at) + ((bytes[at] as number) >= 0x80 ? 2 ** 31 : 0);
}

/** @returns the number of 31 bits that stands at a place; the bit before them means nothing */
export function uint31(bytes: Buffer, at: number): number {
  const high = (((bytes[at] as number) & 0x7f) << 24) | ((bytes[at + 1] as number) << 16);
  return high | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
}
