import fc from "fast-check";
import { expect, it } from "vitest";
import { clientHello, helloWith, inRecords, serverNames } from "../testing/client-hellos.ts";
import { ClientHelloReader, type HelloReading } from "./client-hello.ts";

function read(...chunks: readonly Buffer[]): HelloReading {
  const reader = new ClientHelloReader();
  let reading: HelloReading = { kind: "incomplete" };
  for (const chunk of chunks) reading = reader.read(chunk);
  return reading;
}

const named = await clientHello({ servername: "Orders.Example.com", ALPNProtocols: ["h2", "http/1.1"] });

it.each([
  ["TLS 1.3 with a name", { servername: "orders.example.com" }, "orders.example.com"],
  ["TLS 1.2 alone", { servername: "orders.example.com", maxVersion: "TLSv1.2" }, "orders.example.com"],
  ["a name in capitals", { servername: "ORDERS.example.com" }, "orders.example.com"],
  ["no name", {}, undefined],
] as const)("reads what OpenSSL sends: %s", async (_what, options, serverName) => {
  expect(read(await clientHello(options))).toEqual({ kind: "hello", serverName });
});

it("reads a hello alike, however it is cut into records and reads", () => {
  const cuts = fc.array(fc.nat(named.length), { maxLength: 20 });
  fc.assert(
    fc.property(cuts, cuts, (recordCuts, readCuts) => {
      const wire = inRecords(named, recordCuts);
      const places = [0, ...readCuts.map((cut) => cut % wire.length).sort((a, b) => a - b), wire.length];
      const chunks = places.slice(1).map((end, i) => wire.subarray(places[i] as number, end));
      const reader = new ClientHelloReader();
      const readings = chunks.map((chunk) => reader.read(chunk)).filter(({ kind }) => kind !== "incomplete");
      expect(readings[0]).toEqual({ kind: "hello", serverName: "orders.example.com" });
      expect(reader.bytes.subarray(0, wire.length)).toEqual(wire);
    }),
  );
});

it("waits for the rest of every beginning of a hello", () => {
  for (let length = 1; length < named.length; length += 1) {
    expect(read(named.subarray(0, length))).toEqual({ kind: "incomplete" });
  }
});

it("reads damaged hellos without an error, and takes no more than it was sent", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(named.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), (damage) => {
      const damaged = Buffer.from(named);
      for (const [at, byte] of damage) damaged[at] = byte;
      const reading = read(damaged);
      if (reading.kind === "hello") expect(reading.serverName?.length ?? 0).toBeLessThanOrEqual(253);
    }),
    { numRuns: 2_000 },
  );
});

const name = serverNames("a.example.com");
const pad = (size: number): Buffer => Buffer.alloc(size);

it.each([
  [
    "two server name extensions",
    helloWith([
      [0, name],
      [0, name],
    ]),
  ],
  ["two names in one extension", helloWith([[0, serverNames("a.example.com", "b.example.com")]])],
  ["a name with a NUL", helloWith([[0, serverNames("a.example.com\0.evil.test")]])],
  ["a name with a blank", helloWith([[0, serverNames("a example.com")]])],
  ["a name with bytes above ASCII", helloWith([[0, serverNames("ä.example.com")]])],
  ["an empty name", helloWith([[0, serverNames("")]])],
  ["a name with a dot at its end", helloWith([[0, serverNames("a.example.com.")]])],
  [
    "a name of 254 characters",
    helloWith([[0, serverNames([62, 62, 62, 62, 2].map((length) => "a".repeat(length)).join("."))]]),
  ],
  ["an empty list of names", helloWith([[0, serverNames()]])],
  ["bytes behind the list of names", helloWith([[0, Buffer.concat([name, pad(1)])]])],
  ["another handshake message", Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])],
  ["another record type", Buffer.from([23, 3, 1, 0, 1, 1])],
  ["an empty record", Buffer.from([22, 3, 1, 0, 0])],
  ["SSL 2", Buffer.from([0x80, 0x2e, 1, 0, 2])],
  ["a message of 16 MB", Buffer.from([22, 3, 1, 0, 4, 1, 255, 255, 255])],
  ["more than 16 KB", helloWith([[21, pad(17_000)]])],
])("calls a hello broken that has %s", (_what, bytes) => {
  expect(read(bytes)).toEqual({ kind: "broken" });
});

it("calls a hello broken once its records take more bytes than any client needs", () => {
  const message = helloWith([
    [0, name],
    [21, pad(15_000)],
  ]);
  const wire = inRecords(
    message,
    Array.from({ length: 5_000 }, (_, i) => i * 3),
  );
  expect(read(message)).toEqual({ kind: "hello", serverName: "a.example.com" });
  expect(read(wire)).toEqual({ kind: "broken" });
});
