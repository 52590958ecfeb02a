import { defaultFrameSize, defaultWindow, errorCode, maxWindow, setting, uint32 } from "../frames/frame-types.ts";
import { tableSize } from "../hpack/field-table.ts";

/** More than any peer has to say at once; there are eight settings. */
const maxSettings = 32;
const settingLength = 6;
const maxFrameSize = 2 ** 24 - 1;

/** What the other side has said of itself. RFC 9113 §6.5.2. */
export class PeerSettings {
  headerTableSize = tableSize;
  maxConcurrentStreams = Number.POSITIVE_INFINITY;
  initialWindowSize = defaultWindow;
  readonly #isServer: boolean;
  #isFirst = true;
  /** Said in the first frame or never. RFC 9218 §2.1. */
  #noPriorities = 0;

  /** @param isServer whether the other side is the server */
  constructor(isServer: boolean) {
    this.#isServer = isServer;
  }

  /** @returns the error that a frame's payload is, `errorCode.none` for none */
  take(input: Buffer, from: number, to: number): number {
    const length = to - from;
    if (length % settingLength !== 0) return errorCode.frameSize;
    if (length > maxSettings * settingLength) return errorCode.enhanceYourCalm;
    for (let at = from; at < to; at += settingLength) {
      const id = ((input[at] as number) << 8) | (input[at + 1] as number);
      const error = this.#set(id, uint32(input, at + 2));
      if (error !== errorCode.none) return error;
    }
    this.#isFirst = false;
    return errorCode.none;
  }

  #set(id: number, value: number): number {
    switch (id) {
      case setting.headerTableSize:
        this.headerTableSize = value;
        return errorCode.none;
      case setting.enablePush:
        return value > (this.#isServer ? 0 : 1) ? errorCode.protocol : errorCode.none;
      case setting.maxConcurrentStreams:
        this.maxConcurrentStreams = value;
        return errorCode.none;
      case setting.initialWindowSize:
        if (value > maxWindow) return errorCode.flowControl;
        this.initialWindowSize = value;
        return errorCode.none;
      case setting.maxFrameSize:
        return value < defaultFrameSize || value > maxFrameSize ? errorCode.protocol : errorCode.none;
      case setting.enableConnectProtocol:
        return value > 1 ? errorCode.protocol : errorCode.none;
      case setting.noPriorities:
        if (value > 1 || (value !== this.#noPriorities && !this.#isFirst)) return errorCode.protocol;
        this.#noPriorities = value;
        return errorCode.none;
      default:
        return errorCode.none;
    }
  }
}
