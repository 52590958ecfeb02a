import { request } from "node:http";
import { expect, it } from "vitest";
import { openRawTarget } from "../testing/raw-target.ts";
import { host, openSocket, openTarget, openWorld, pause, sendRaw, statuses } from "../testing/world.ts";

const waiting = `POST / HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n`;

it("asks the target whether a client that waits for 100 may send its body", async () => {
  const world = await openWorld();
  await world.putTargets(await openTarget((req, res) => req.resume().on("end", () => res.end(req.headers.expect))));

  const raw = await sendRaw(world.port, [waiting, "hello"]);
  expect(statuses(raw)).toEqual([100, 200]);
  expect(raw).toMatch(/100-continue$/);
});

it("does not ask for the body when there is no target for it", async () => {
  const world = await openWorld();
  expect(statuses(await sendRaw(world.port, waiting, 300))).toEqual([503]);
});

it("passes on the answer of a target that does not want the body, which is never sent", async () => {
  const world = await openWorld();
  const target = await openRawTarget((socket) =>
    socket.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"),
  );
  await world.putTargets(target);

  const raw = await sendRaw(world.port, waiting, 300);
  expect(statuses(raw)).toEqual([401]);
  expect(raw).toMatch(/connection: close\r\n\r\nno$/);
  expect(target.received[0]).toMatch(/expect: 100-continue\r\n\r\n$/);
});

it("sends the body to a target that knows of no 100 after a second", async () => {
  const world = await openWorld();
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const target = await openRawTarget((socket, received) => received.endsWith("hello") && socket.write(answer));
  await world.putTargets(target);

  const socket = await openSocket(world.port);
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk;
    if (said === "HTTP/1.1 100 Continue\r\n\r\n") socket.write("hello");
  });
  socket.write(waiting);
  await expect.poll(() => statuses(said), { timeout: 5_000 }).toEqual([100, 200]);
  socket.destroy();
});

const early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: X\r\nX: y\r\nContent-Length: 9\r\n\r\n";
const answer = `${early}${early}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`;

it("passes on interim responses, without what is about the connection to the target", async () => {
  const world = await openWorld();
  await world.putTargets(await openRawTarget((socket) => socket.write(answer)));

  const raw = await sendRaw(world.port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(statuses(raw)).toEqual([103, 103, 200]);
  expect(raw).toMatch(/^HTTP\/1.1 103 Early Hints\r\nLink: <\/a.css>\r\nx-amzn-requestid: \S+\r\n\r\nHTTP\/1.1 103/);
  expect((await world.records(1))[0]).toMatchObject({ responseCode: 200, bytesSent: raw.length });
});

it("passes no interim responses to a client of HTTP/1.0", async () => {
  const world = await openWorld();
  await world.putTargets(await openRawTarget((socket) => socket.write(answer)));

  const raw = await sendRaw(world.port, `GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
  expect(statuses(raw)).toEqual([200]);
});

it("passes each event of a stream on at once", async () => {
  const world = await openWorld();
  // The target sends the next event only when the client has told of the last one.
  let sendNext = (): void => undefined;
  const target = await openTarget((_req, res) => {
    let count = 0;
    res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    sendNext = () => void res.write(`id: ${count++}\ndata: event\n\n`);
    sendNext();
  });
  await world.putTargets(target);

  const events: string[] = [];
  const sent = request({ port: world.port, headers: { host, accept: "text/event-stream" } }, (response) => {
    expect(response.headers["content-type"]).toBe("text/event-stream");
    response.on("data", (chunk) => {
      events.push(String(chunk));
      if (events.length < 5) sendNext();
    });
    response.on("error", () => undefined);
  });
  sent.on("error", () => undefined);
  sent.end();
  await expect.poll(() => events).toEqual([0, 1, 2, 3, 4].map((id) => `id: ${id}\ndata: event\n\n`));
  sent.destroy();
});

it("passes the answer on while the upload goes on, and takes the rest of it", async () => {
  const world = await openWorld();
  const target = await openTarget((req, res) => {
    res.write("early ");
    req.resume().on("end", () => res.end("and late"));
  });
  await world.putTargets(target);

  const socket = await openSocket(world.port);
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk;
  });
  socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 10\r\n\r\nhello`);
  await expect.poll(() => said).toContain("early ");
  expect(said).not.toContain("late");
  socket.write("world");
  await expect.poll(() => said).toContain("and late");
  socket.destroy();
});

it("answers HEAD with the target's headers and no body, and goes on with the connection", async () => {
  const world = await openWorld();
  await world.putTargets(await openTarget((req, res) => res.end(req.method === "HEAD" ? undefined : "12345")));

  const socket = await openSocket(world.port);
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk;
  });
  const head = `HEAD / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  socket.write(head);
  await expect.poll(() => statuses(said)).toEqual([200]);
  socket.write(head.replace("HEAD", "GET"));
  await expect.poll(() => said).toMatch(/12345$/);
  await pause(20);
  expect(statuses(said)).toEqual([200, 200]);
  socket.destroy();
});
