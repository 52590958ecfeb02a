import { connect, createSecureContext } from "node:tls";
import { owners } from "@pergola/core";
import { selfSigned } from "@pergola/core/testing/self-signed";
import { expect, it } from "vitest";
import { host, listener, sendRaw, service, statuses } from "../../packages/data-plane/src/testing/world.ts";
import { guardedBy } from "./auth-policy.ts";
import { openRecordingWorld } from "./recording-target.ts";

const secretId = "svc-0000000000000000b";
const secretHost = "secret-0000000000000000b.7d67968.vpc-lattice-svcs.us-west-2.localhost";

it.each([
  ["the name", host, 200],
  ["the name in upper case", host.toUpperCase(), 200],
  ["with a port", `${host}:80`, 200],
  ["with any port: the listener is that of the connection", `${host}:9999`, 200],
  ["with an empty port", `${host}:`, 200],
  ["with a port that is none", `${host}:8o`, 400],
  ["with a long port", `${host}:000080`, 400],
  ["with a dot at the end", `${host}.`, 404],
  ["with user information", `user@${host}`, 400],
  ["with user information that looks like a service", `${secretHost}@${host}`, 400],
  ["with a path", `${host}/x`, 400],
  ["with a second name after a comma", `${host}, ${secretHost}`, 400],
  ["with a blank in it", `${host} ${secretHost}`, 400],
  ["with a tab in it", `${host}\t${secretHost}`, 400],
  ["with a backslash", `${host}\\@x`, 400],
  ["with an escape", host.replace("w", "%77"), 400],
  ["with a letter that is not ASCII", host.replace("s", "\xc5\xbf"), 400],
  ["an IPv4 address", "127.0.0.1", 404],
  ["an IPv6 address", "[::1]:80", 404],
  ["an IPv6 address without brackets", "::1", 400],
  ["an IPv6 address with a zone", "[fe80::1%25eth0]", 400],
  ["empty", "", 400],
  ["only a port", ":80", 400],
  ["too long", `${"a".repeat(254)}`, 400],
])("a Host that is %s (%s): %i", async (_what, value, status) => {
  const world = await openRecordingWorld();

  const raw = await sendRaw(world.port, `GET / HTTP/1.1\r\nHost: ${value}\r\nConnection: close\r\n\r\n`, 3_000);

  expect(statuses(raw)).toEqual([status]);
  expect(world.seen).toHaveLength(status === 200 ? 1 : 0);
});

it.each<[string, string, number[]]>([
  ["two Hosts", `GET / HTTP/1.1\r\nHost: ${host}\r\nHost: ${host}\r\n\r\n`, [400]],
  ["two Hosts in two spellings", `GET / HTTP/1.1\r\nHost: ${host}\r\nhOST: ${secretHost}\r\n\r\n`, [400]],
  ["a folded Host", `GET / HTTP/1.1\r\nHost:\r\n ${host}\r\n\r\n`, [400]],
  ["a Host with a blank before the colon", `GET / HTTP/1.1\r\nHost : ${host}\r\n\r\n`, [400]],
  ["no Host", "GET / HTTP/1.1\r\nX-Forwarded-Host: a\r\n\r\n", [400]],
  ["no Host, the name in the request line", `GET http://${host}/ HTTP/1.1\r\n\r\n`, [400]],
  ["no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", [400]],
  ["HTTP/1.0 with a Host", `GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`, [200]],
  ["another service in the request line", `GET http://${secretHost}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`, [400]],
  [
    "another service in X-Forwarded-Host",
    `GET / HTTP/1.0\r\nHost: ${host}\r\nX-Forwarded-Host: ${secretHost}\r\n\r\n`,
    [200],
  ],
  [
    "another service in a header :authority",
    `GET / HTTP/1.1\r\nHost: ${host}\r\n:authority: ${secretHost}\r\n\r\n`,
    [400],
  ],
])("%s", async (_what, bytes, expected) => {
  const world = await openRecordingWorld();

  expect(statuses(await sendRaw(world.port, bytes, 3_000))).toEqual(expected);
  expect(world.seen).toHaveLength(expected[0] === 200 ? 1 : 0);
});

it("a policy of one service is not got around by the server name or a kept connection of another", async () => {
  const context = createSecureContext(await selfSigned());
  const contextFor = (name: string) => Promise.resolve([host, secretHost].includes(name) ? context : undefined);
  const world = await openRecordingWorld({ listenerPort: 443, contextFor });
  const listeners = [listener(443, { protocol: "HTTPS" })];
  await world.putService({ listeners });
  const secret = { serviceId: secretId, arn: `arn:aws:vpc-lattice:us-west-2:123456789012:service/${secretId}` };
  const guarded = service({ listeners, ...secret, domainName: secretHost, ...guardedBy() });
  await world.put(owners.serviceSnapshots, secretId, guarded);

  const get = (name: string, more = ""): string => `GET /${name[0]} HTTP/1.1\r\nHost: ${name}\r\n${more}\r\n`;
  const asked = async (servername: string, bytes: string): Promise<number[]> => {
    const socket = connect({ port: world.port, servername, rejectUnauthorized: false });
    let raw = "";
    socket.on("data", (chunk: Buffer) => {
      raw += chunk.toString("latin1");
    });
    socket.write(bytes);
    await new Promise((resolve) => socket.once("close", resolve));
    return statuses(raw);
  };
  const close = "Connection: close\r\n";

  expect(await asked(secretHost, get(secretHost, close))).toEqual([403]);
  expect(await asked(host, get(secretHost, close))).toEqual([404]);
  expect(await asked(secretHost, get(host, close))).toEqual([404]);
  expect(await asked(host, get(host) + get(secretHost, close))).toEqual([200, 404]);
  expect(world.seen.map(({ url }) => url)).toEqual(["/w"]);
});
