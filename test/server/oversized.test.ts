import { request } from "node:http";
import { join } from "node:path";
import { latticeOperations } from "@pergola/control-plane";
import { afterAll, beforeAll, expect, it } from "vitest";
import { itemsOfSqlite } from "../harness/consistency/store-items.ts";
import { newService } from "../harness/lattice-resources.ts";
import { openScene, type Scene } from "../harness/scene.ts";

const size = 10 * 2 ** 20;
const chunked = { "transfer-encoding": "chunked" };
const piece = Buffer.alloc(64 * 1024, "a");

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
  await newService(scene.client, { name: "kept" });
});
afterAll(() => scene?.[Symbol.asyncDispose]());

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly hasRequestId: boolean;
}

/** Sends a body to its end, as most clients do, and has the answer then. */
function sendLarge(method: string, path: string, isChunked: boolean): Promise<Answer> {
  const headers = { "content-type": "application/json", ...(isChunked ? chunked : { "content-length": size }) };
  return new Promise((resolve, reject) => {
    const url = new URL(scene.pergola.apiUrl);
    const sending = request({ host: url.hostname, port: url.port, method, path, headers }, (response) => {
      const { statusCode: status = 0, headers: answered } = response;
      const hasRequestId = answered["x-amzn-requestid"] !== undefined;
      response.resume();
      response.once("end", () => resolve({ status, type: String(answered["x-amzn-errortype"]), hasRequestId }));
    });
    sending.on("error", reject);
    sending.setTimeout(10_000, () => sending.destroy(new Error("no answer in 10 s")));
    let sent = 0;
    const pump = (): void => {
      for (; sent < size; sent += piece.length) {
        if (!sending.write(piece)) {
          sent += piece.length;
          sending.once("drain", pump);
          return;
        }
      }
      sending.end();
    };
    pump();
  });
}

it("bodies of 10 MB are refused by each of the 73 operations, announced or not, and write nothing", {
  timeout: 60_000,
}, async () => {
  const file = join(scene.dataDir, "pergola.sqlite");
  expect(await scene.pergola.stop()).toBe(0);
  const before = itemsOfSqlite(file);
  await scene.restart();

  const wrong: string[] = [];
  for (const [index, { name, method, segments }] of latticeOperations.entries()) {
    const isChunked = index % 2 === 0;
    const path = segments.map((segment) => (segment.startsWith("{") ? "svc-0123456789abcdef0" : segment)).join("/");
    const { status, type, hasRequestId } = await sendLarge(method, `/${path}`, isChunked).catch((error: Error) => {
      return { status: 0, type: `${error.message}, chunked: ${isChunked}`, hasRequestId: false };
    });
    const isRight = status === 413 && type === "RequestEntityTooLargeException" && hasRequestId;
    if (!isRight) wrong.push(`${name}: ${status} ${type}`);
  }

  expect(wrong).toEqual([]);
  expect(latticeOperations).toHaveLength(73);
  expect(await scene.pergola.stop()).toBe(0);
  expect(itemsOfSqlite(file)).toEqual(before);
  await scene.restart();
});
