import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}

/** One connection, one request at a time. It is kept as long as the server keeps it, and opened again where it does not. */
export interface RawClient {
  /** @throws Error when the connection breaks or the answer is no HTTP/1.1 */
  send(request: RawRequest): Promise<Answer>;
  close(): void;
}

/**
 * What both servers need to know which API is meant, account and region. Neither verifies signatures unless told to, and the load
 * would pay for making them.
 */
const authorization =
  "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-west-2/vpc-lattice/aws4_request, SignedHeaders=host;x-amz-date, Signature=00";

/** @returns a client of a server on 127.0.0.1 */
export function openRawClient(port: number): RawClient {
  let socket: Socket | undefined;
  let pending: Pending | undefined;

  const open = (): Socket => {
    const opened = connect({ port, host: "127.0.0.1", noDelay: true });
    opened.on("data", (chunk) => {
      if (pending === undefined) return;
      pending.chunks.push(chunk);
      const answer = complete(Buffer.concat(pending.chunks));
      if (answer === undefined) return;
      const { resolve } = pending;
      pending = undefined;
      if (answer.isLast) {
        socket = undefined;
        opened.destroy();
      }
      resolve(answer);
    });
    opened.on("error", (error) => {
      if (socket === opened) pending?.reject(error);
    });
    opened.on("close", () => {
      if (socket !== opened) return;
      socket = undefined;
      pending?.reject(new Error("the server closed the connection in the middle of an answer"));
    });
    return opened;
  };
  return {
    send(request) {
      socket ??= open();
      const to = socket;
      return new Promise((resolve, reject) => {
        pending = { chunks: [], resolve, reject };
        to.write(encode(request, port));
      });
    },
    close() {
      pending = undefined;
      socket?.destroy();
    },
  };
}

interface Pending {
  readonly chunks: Buffer[];
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

function encode({ method, path, body }: RawRequest, port: number): string {
  const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: ${authorization}\r\n`;
  if (body === undefined) return `${head}\r\n`;
  const json = JSON.stringify(body);
  return `${head}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
}

/** @returns the answer once all of it is there. Both servers say how long their bodies are. */
function complete(bytes: Buffer): (Answer & { readonly isLast: boolean }) | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? Number.NaN);
  const length = status === 204 ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
  if (Number.isNaN(status) || Number.isNaN(length)) throw new Error(`not an answer: ${head.slice(0, 200)}`);
  if (bytes.length < end + 4 + length) return undefined;
  return { status, body: bytes.toString("utf8", end + 4), isLast: /\r\nconnection: *close/i.test(head) };
}
