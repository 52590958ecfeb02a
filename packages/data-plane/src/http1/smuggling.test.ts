import { expect, it } from "vitest";
import { openRawTarget, type RawTarget } from "../testing/raw-target.ts";
import { host, openWorld, pause, sendRaw, statuses } from "../testing/world.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const post = `POST /front HTTP/1.1\r\nHost: ${host}\r\n`;
const hidden = `GET /hidden HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

/** Answers each request that is whole by its own framing, as an honest target does. */
async function openHonestTarget(): Promise<RawTarget & { readonly paths: string[] }> {
  const paths: string[] = [];
  const read = new Map<number, number>();
  const target = await openRawTarget((socket, received, connection) => {
    let from = read.get(connection) ?? 0;
    for (let end = endOf(received.slice(from)); end !== -1; end = endOf(received.slice(from))) {
      paths.push(received.slice(from).split(" ")[1] ?? "");
      from += end;
      read.set(connection, from);
      socket.write(ok);
    }
  });
  return { ...target, paths };
}

function endOf(text: string): number {
  const head = text.indexOf("\r\n\r\n");
  if (head === -1) return -1;
  const lines = text.slice(0, head + 2);
  if (/\r\ntransfer-encoding: chunked\r\n/i.test(lines)) {
    const end = text.indexOf("0\r\n\r\n", head + 4);
    return end === -1 ? -1 : end + 5;
  }
  const end = head + 4 + Number(/\r\ncontent-length: (\d+)\r\n/i.exec(lines)?.[1] ?? 0);
  return end > text.length ? -1 : end;
}

it.each<[string, string]>([
  ["CL.TE", `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE.CL", `${post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n2a\r\n${hidden}\r\n0\r\n\r\n`],
  ["TE.TE, the second one odd", `${post}Transfer-Encoding: chunked\r\nTransfer-encoding: x\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE.TE, the first one odd", `${post}Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE with a tab behind it", `${post}Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE with a tab before it", `${post}Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE with a blank before the colon", `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE on a folded line", `${post}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE behind a bare line feed", `${post}X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE behind a bare carriage return", `${post}X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE with an underscore", `${post}Transfer_Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE in HTTP/1.0", `POST / HTTP/1.0\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["a list in TE", `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`],
  ["a length with leading zeros", `${post}Content-Length: 05\r\n\r\nhello${hidden}`],
  ["a length with a sign", `${post}Content-Length: +5\r\n\r\nhello${hidden}`],
  ["a negative length", `${post}Content-Length: -5\r\n\r\n${hidden}`],
  ["a length in hexadecimal", `${post}Content-Length: 0x5\r\n\r\nhello${hidden}`],
  ["a list of lengths", `${post}Content-Length: 5, 5\r\n\r\nhello${hidden}`],
  ["two lengths", `${post}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello${hidden}`],
  ["a length of 2^64 + 5", `${post}Content-Length: 18446744073709551621\r\n\r\nhello${hidden}`],
  ["a length with an underscore", `${post}Content_Length: 5\r\n\r\nhello${hidden}`],
  ["another host in an absolute form", `GET http://b.example.com/ HTTP/1.1\r\nHost: ${host}\r\n\r\n${hidden}`],
])("%s: 400, and nothing behind it is read", async (_name, bytes) => {
  const world = await openWorld();
  const target = await openHonestTarget();
  await world.putTargets(target);

  const raw = await sendRaw(world.port, bytes, 300);

  expect(statuses(raw)).toEqual([400]);
  expect(target.received.join("")).toBe("");
});

it.each<[string, string]>([
  ["leading zeros", "05\r\nhello\r\n0\r\n\r\n"],
  ["a last chunk of two zeros", "5\r\nhello\r\n00\r\n\r\n"],
  ["a sign", "+5\r\nhello\r\n0\r\n\r\n"],
  ["a prefix", "0x5\r\nhello\r\n0\r\n\r\n"],
  ["a blank before the extension", "5 ;a\r\nhello\r\n0\r\n\r\n"],
  ["a bare line feed behind the extension", "5;a\nhello\r\n0\r\n\r\n"],
  ["a bare carriage return in the extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"],
  ["an escaped quote in the extension", '5;a="\\""\r\nhello\r\n0\r\n\r\n'],
  ["a size of 2^32", "100000000\r\nhello\r\n0\r\n\r\n"],
  ["no line break behind the data", "5\r\nhelloXX0\r\n\r\n"],
  ["a folded trailer", "5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n"],
  ["framing in the trailers", "5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n"],
])("a chunked body with %s: 400, and the target never sees a whole request", async (_name, body) => {
  const world = await openWorld();
  const target = await openHonestTarget();
  await world.putTargets(target);

  const raw = await sendRaw(world.port, `${post}Transfer-Encoding: chunked\r\n\r\n${body}${hidden}`, 300);

  expect(statuses(raw)).toEqual([400]);
  expect(target.paths).toEqual([]);
});

it("CL.0, TE.0: what looks like a request in a body stays body, also of a GET", async () => {
  const world = await openWorld();
  const target = await openHonestTarget();
  await world.putTargets(target);
  const size = hidden.length;

  const raw = await sendRaw(world.port, [
    `GET /front HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${size}\r\n\r\n${hidden}`,
    `${post}Transfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
    `GET /last HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
  ]);

  expect(statuses(raw)).toEqual([200, 200, 200]);
  expect(target.paths).toEqual(["/front", "/front", "/last"]);
});

it("0.CL: a body that nobody reads does not become the next request", async () => {
  const world = await openWorld();
  const denied = `POST / HTTP/1.1\r\nHost: nobody.example.com\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`;

  const raw = await sendRaw(world.port, [denied, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`]);

  expect(statuses(raw)).toEqual([404, 503]);
});

it("frames chunks anew: extensions, trailers and spelling end here", async () => {
  const world = await openWorld();
  const target = await openHonestTarget();
  await world.putTargets(target);

  await sendRaw(
    world.port,
    `${post}transfer-encoding: Chunked\r\nConnection: close\r\n\r\n3;a=b;c="d e"\r\nabc\r\nA\r\n0123456789\r\n0;x\r\nX-Trailer: t\r\n\r\n`,
  );

  const [received = ""] = target.received;
  expect(received.match(/transfer-encoding/gi)).toHaveLength(1);
  expect(received.slice(received.indexOf("\r\n\r\n") + 4)).toBe("3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n");
});

it("answers the requests before a malformed one, and none behind it", async () => {
  const world = await openWorld();
  const target = await openHonestTarget();
  await world.putTargets(target);
  const get = `GET /good HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

  const raw = await sendRaw(world.port, `${get}${get}GET /bad HTTP/1.1\r\nHost : ${host}\r\n\r\n${hidden}`);

  expect(statuses(raw)).toEqual([200, 200, 400]);
  expect(target.paths).toEqual(["/good", "/good"]);
});

it("reads nothing behind the last request of a connection", async () => {
  const world = await openWorld();
  const target = await openHonestTarget();
  await world.putTargets(target);

  const raw = await sendRaw(world.port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n${hidden}`);

  expect(statuses(raw)).toEqual([200]);
  expect(target.paths).toEqual(["/"]);
});

it.each<[string, string]>([
  ["a second response behind the first", `${ok}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`],
  ["bytes behind the response", `${ok}poison`],
])("%s never reach the next client", async (_name, answer) => {
  const world = await openWorld({ options: { maxConnectionsPerTarget: 1 } });
  const target = await openRawTarget((socket, _received, connection) => socket.write(connection === 0 ? answer : ok));
  await world.putTargets(target);
  const get = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

  const replies = [await sendRaw(world.port, get), await sendRaw(world.port, get)];

  expect(replies.join("")).not.toContain("poison");
  expect(replies.map(statuses)).toEqual([[200], [200]]);
  expect(target.received).toHaveLength(2);
});

it("a late second response on a kept connection ends that connection", async () => {
  const world = await openWorld({ options: { maxConnectionsPerTarget: 1 } });
  const target = await openRawTarget((socket, _received, connection) => {
    socket.write(ok);
    if (connection === 0) setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"), 30);
  });
  await world.putTargets(target);
  const get = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

  const first = await sendRaw(world.port, get);
  await pause(80);
  const second = await sendRaw(world.port, get);

  expect([first, second].join("")).not.toContain("poison");
  expect(target.received).toHaveLength(2);
});

it.each<[string, string]>([
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"],
  ["a length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok"],
  ["a folded header", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\nContent-Length: 2\r\n\r\nok"],
  ["a bare line feed", "HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok"],
  ["a control character", "HTTP/1.1 200 OK\r\nX: \x01\r\nContent-Length: 2\r\n\r\nok"],
  ["an upgrade", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"],
  ["interim responses without end", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(20)],
])("a target's response with %s is a 502", async (_name, answer) => {
  const world = await openWorld();
  await world.putTargets(await openRawTarget((socket) => socket.write(answer, "latin1")));

  const raw = await sendRaw(world.port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

  expect(statuses(raw).filter((status) => status !== 103)).toEqual([502]);
  expect((await world.records(1))[0]).toMatchObject({ failureReason: "TargetProtocolError" });
});
