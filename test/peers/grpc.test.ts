import { afterAll, beforeAll, expect, it } from "vitest";
import { newListener } from "../harness/lattice-resources.ts";
import { logToBoth, openService } from "../harness/open-service.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { entriesWithin, readLogGroup } from "../walkthrough/access-log-files.ts";
import { output, pythonWithGrpc, type ServerProgram, startServer } from "./programs.ts";

const program = new URL("grpc_peer.py", import.meta.url).pathname;
let scene: Scene;
let python: string;
let target: ServerProgram;

beforeAll(async () => {
  python = await pythonWithGrpc();
  target = await startServer(python, [program, "serve"]);
  scene = await openScene();
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
  target[Symbol.dispose]();
});

it("grpcio's client reaches grpcio's server: all kinds of methods, statuses, deadlines", async () => {
  const { client, pergola } = scene;
  const { id } = await scene.groupOf(target, { protocol: "HTTP", protocolVersion: "GRPC" });
  const service = await openService(client);
  const { group } = await logToBoth(client, service.id);
  const listener = await newListener(client, service.id, { protocol: "HTTPS", port: 443 });
  await client.createRule({
    serviceIdentifier: service.id,
    listenerIdentifier: listener.id,
    name: "echo",
    priority: 1,
    match: { httpMatch: { method: "POST", pathMatch: { match: { prefix: "/test.Echo/" } } } },
    action: { forward: { targetGroups: [{ targetGroupIdentifier: id }] } },
  });

  const args = [program, "call", `127.0.0.1:${pergola.httpsPort}`, service.host, pergola.caFile];
  const outcome = JSON.parse(await output(python, args));

  expect(outcome).toEqual({
    unary: ["OK", "once"],
    large: 3_000_000,
    collect: "abc",
    repeat: "n 99",
    chat: ["1", "2", "3"],
    parallel: (300 * 299) / 2,
    failed: ["FAILED_PRECONDITION", "nicht möglich"],
    late: "DEADLINE_EXCEEDED",
    unknown: "UNIMPLEMENTED",
  });
  const records = await entriesWithin(() => readLogGroup(pergola.dataDir, group), 308);
  expect(records).toHaveLength(308);
  const codes = records.map(({ grpcResponseCode }) => grpcResponseCode);
  expect(codes.filter((code) => code === 0)).toHaveLength(305);
  // The call that is late is cancelled by its client or ended here, whichever comes first.
  expect(codes).toEqual(expect.arrayContaining([9, 12]));
  expect(records.every(({ protocol }) => protocol === "HTTP/2")).toBe(true);
});
