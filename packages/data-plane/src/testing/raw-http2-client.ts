import type { Socket } from "node:net";
import { onTestFinished } from "vitest";
import { preface } from "../http2/grammar.ts";
import { openSocket, pause } from "./world.ts";

/** Types of frames. RFC 9113 §6. */
export const frameTypes = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const endStream = 0x1;
export const endHeaders = 0x4;

/** @returns a frame with any content, also one that makes no sense */
export function frame(type: number, flags: number, streamId: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** @returns a header block of literals, without compression. RFC 7541 §6.2.2 */
export function headerBlock(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** RFC 7541 §5.1, with a prefix of seven bits. */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** A client that sends whatever frames it is told to, and only takes note of what comes back. */
export interface RawClient {
  readonly socket: Socket;
  readonly frames: Frame[];
  readonly isClosed: boolean;
  send(...frames: Buffer[]): void;
  /** @returns the first frame that fits, once it is there; undefined after two seconds or at the end of the connection */
  find(fits: (frame: Frame) => boolean): Promise<Frame | undefined>;
}

/** Statuses of the static table, by its index. RFC 7541, appendix A. */
const statuses: Readonly<Record<number, number>> = { 8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500 };

/** @returns what a stream came to: the status of its response, or the code of its reset */
export async function outcome(client: RawClient, streamId: number): Promise<string> {
  const { headers, rstStream, goaway } = frameTypes;
  const found = await client.find(
    ({ type, streamId: id }) => (id === streamId && (type === headers || type === rstStream)) || type === goaway,
  );
  if (found === undefined) return client.isClosed ? "closed" : "nothing";
  if (found.type === rstStream) return `reset ${found.payload.readUInt32BE(0)}`;
  if (found.type === goaway) return `goaway ${found.payload.readUInt32BE(4)}`;
  return `status ${statuses[(found.payload[0] ?? 0) & 0x7f] ?? "another"}`;
}

/** @returns a client that has sent the preface and its settings, and acknowledges the server's */
export async function openRawClient(port: number): Promise<RawClient> {
  const socket = await openSocket(port);
  const frames: Frame[] = [];
  let rest = Buffer.alloc(0);
  let isClosed = false;
  socket.on("error", () => undefined);
  socket.on("close", () => {
    isClosed = true;
  });
  socket.on("data", (chunk: Buffer) => {
    const taken = takeFrames(Buffer.concat([rest, chunk]));
    rest = Buffer.from(taken.left);
    frames.push(...taken.frames);
    for (const { type, flags } of taken.frames) {
      if (type === frameTypes.settings && flags === 0) socket.write(frame(frameTypes.settings, 1, 0));
    }
  });
  onTestFinished(() => void socket.destroy());
  socket.write(Buffer.concat([preface, frame(frameTypes.settings, 0, 0)]));
  return {
    socket,
    frames,
    get isClosed() {
      return isClosed;
    },
    send: (...all) => void socket.write(Buffer.concat(all)),
    async find(fits) {
      const deadline = Date.now() + 2_000;
      for (;;) {
        const found = frames.find(fits);
        if (found !== undefined || isClosed || Date.now() > deadline) return found;
        await pause(5);
      }
    },
  };
}

/** @returns the frames that are there whole, and what is left behind them */
export function takeFrames(bytes: Buffer): { readonly frames: Frame[]; readonly left: Buffer } {
  const frames: Frame[] = [];
  let left = bytes;
  for (let taken = takeFrame(left); taken !== undefined; taken = takeFrame(left)) {
    frames.push(taken);
    left = left.subarray(9 + taken.payload.length);
  }
  return { frames, left };
}

function takeFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 9) return undefined;
  const length = bytes.readUIntBE(0, 3);
  if (bytes.length < 9 + length) return undefined;
  const streamId = bytes.readUInt32BE(5) & 0x7fffffff;
  return { type: bytes[3] as number, flags: bytes[4] as number, streamId, payload: bytes.subarray(9, 9 + length) };
}
