import { once } from "node:events";
import { createServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { createLightDynamoReader } from "@pergola/aws";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeCertificate } from "../harness/certificates.ts";

const { certificate, privateKey } = await makeCertificate(["localhost"], { algorithm: "ec" });

/** A table whose every item is `{"a":1}`, on an address of `localhost`. */
async function openTable(options: ServerOptions = {}) {
  const requests: string[] = [];
  const server = createServer({ key: privateKey, cert: certificate, ...options }, (request, response) => {
    requests.push(String(request.headers["x-amz-target"]));
    request.resume();
    response.end(
      JSON.stringify({ Item: { pk: { S: "o" }, sk: { S: "i" }, json: { S: '{"a":1}' }, version: { N: "1" } } }),
    );
  }).listen(0, "localhost");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, endpoint: `https://localhost:${(server.address() as AddressInfo).port}` };
}

function readFrom(endpoint: string): Promise<unknown> {
  const reader = createLightDynamoReader({
    table: "pergola",
    region: "us-west-2",
    endpoint,
    credentials: () => ({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" }),
    logger: console,
    deadlineMs: 500,
  });
  onTestFinished(() => reader.close());
  return reader.get({ owner: "o", id: "i" });
}

/** Has Node trust the table's certificate until the end of the test. */
function trustTable(): void {
  const known = getCACertificates("default");
  setDefaultCACertificates([...known, certificate]);
  onTestFinished(() => setDefaultCACertificates(known));
}

describe("the table that a router reads, over TLS", () => {
  it("is asked nothing while nobody vouches for its certificate", async () => {
    const { endpoint, requests } = await openTable();

    await expect(readFrom(endpoint)).rejects.toThrow("self-signed certificate");
    expect(requests).toEqual([]);
  });

  it("is asked nothing where it has no newer version than 1.1", async () => {
    trustTable();
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    const { endpoint, requests } = await openTable(old);

    await expect(readFrom(endpoint)).rejects.toMatchObject({ code: expect.stringMatching(/SSL|EPROTO|ECONNRESET/) });
    expect(requests).toEqual([]);
  });

  it("is read where it has version 1.2", async () => {
    trustTable();
    const { endpoint, requests } = await openTable({ maxVersion: "TLSv1.2" });

    expect(await readFrom(endpoint)).toMatchObject({ value: { a: 1 } });
    expect(requests).toEqual(["DynamoDB_20120810.GetItem"]);
  });
});
