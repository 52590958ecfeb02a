import { request as httpRequest, type IncomingMessage } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import {
  host,
  openSocket,
  openTarget,
  openWorld,
  pause,
  statuses,
} from "../../packages/data-plane/src/testing/world.ts";
import { guardedBy } from "./auth-policy.ts";

const open = guardedBy({});
const closed = guardedBy({ Effect: "Deny" });

/** A keep-alive connection that collects what comes back. */
async function openConnection(
  port: number,
): Promise<{ send(text: string): void; raw(): string; until(text: string): Promise<void> }> {
  const socket = await openSocket(port);
  onTestFinished(() => void socket.destroy());
  let raw = "";
  socket.on("data", (chunk: Buffer) => {
    raw += chunk.toString("latin1");
  });
  return {
    send: (text) => void socket.write(text, "latin1"),
    raw: () => raw,
    async until(text) {
      const deadline = Date.now() + 5_000;
      while (!raw.includes(text)) {
        if (Date.now() > deadline) throw new Error(`no \`${text}\` in: ${raw}`);
        await pause(5);
      }
    },
  };
}

it("a download goes on as it was authorised, the next request on the connection sees the new policy", async () => {
  const world = await openWorld();
  await world.putService(open);
  let finish = (): void => undefined;
  await world.putTargets(
    await openTarget((_request, response) => {
      response.write("first;");
      finish = () => response.end("last;");
    }),
  );
  const connection = await openConnection(world.port);
  connection.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await connection.until("first;");

  await world.putService(closed);
  finish();
  await connection.until("last;");
  connection.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await connection.until("AccessDeniedException");

  expect(statuses(connection.raw())).toEqual([200, 403]);
});

it("an upload goes on as it was authorised", async () => {
  const world = await openWorld();
  await world.putService(open);
  await world.putTargets(
    await openTarget((request, response) => {
      let size = 0;
      request.on("data", (chunk: Buffer) => {
        size += chunk.length;
      });
      request.on("end", () => response.end(`<${size}>`));
    }),
  );
  const answered = Promise.withResolvers<IncomingMessage>();
  const upload = httpRequest({ port: world.port, method: "POST", headers: { host } }, answered.resolve);
  upload.on("error", answered.reject);
  upload.write("x".repeat(1_000));
  await pause(50);

  await world.putService(closed);
  upload.end("y".repeat(1_000));

  const response = await answered.promise;
  expect(response.statusCode).toBe(200);
  expect((await response.setEncoding("utf8").toArray()).join("")).toBe("<2000>");
});

it("requests in one packet see the policy that is in force when they arrive", async () => {
  const world = await openWorld();
  await world.putService(open);
  await world.putTargets(
    await openTarget((_request, response) => {
      world.putService(closed).then(
        () => response.end("done"),
        (error: unknown) => response.destroy(error as Error),
      );
    }),
  );
  const connection = await openConnection(world.port);
  const get = `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  connection.send(get);
  await connection.until("done");
  connection.send(get + get);
  await pause(100);

  expect(statuses(connection.raw())).toEqual([200, 403, 403]);
});

it("a service taken out of its network is gone for kept connections too", async () => {
  const world = await openWorld();
  await world.putTargets(await openTarget((_request, response) => response.end("done")));
  const connection = await openConnection(world.port);
  const get = `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  connection.send(get);
  await connection.until("done");

  await world.putService({ networkIds: [] });
  connection.send(get);
  await connection.until("Not Found\n");

  expect(statuses(connection.raw())).toEqual([200, 404]);
});
