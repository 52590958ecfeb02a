import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeCertificate } from "../harness/certificates.ts";
import { forwardTo, newListener, newService, newTargetGroup } from "../harness/lattice-resources.ts";
import { openService } from "../harness/open-service.ts";
import { type OtlpReceiver, openOtlpReceiver } from "../harness/otlp-receiver.ts";
import { freePorts } from "../harness/pergola.ts";
import { openScene, registerTarget, type Scene, sceneVpcId } from "../harness/scene.ts";

const names = { passed: "passed.example.com", gone: "gone.example.com" } as const;

let otlp: OtlpReceiver;
let scene: Scene;
let target: ReturnType<typeof createServer>;
const ids: { service: string; group: string }[] = [];

beforeAll(async () => {
  otlp = await openOtlpReceiver();
  scene = await openScene({}, { OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url });
  const { certificate, privateKey } = await makeCertificate([names.passed]);
  target = createServer({ cert: certificate, key: privateKey }, (socket) => socket.pipe(socket));
  target.listen(0, "127.0.0.1");
  await once(target, "listening");
  const [nobody = 0] = await freePorts(1);
  const { networkId } = await openService(scene.client);
  await passThrough(names.passed, (target.address() as AddressInfo).port, networkId);
  await passThrough(names.gone, nobody, networkId);
}, 60_000);
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
  target?.close();
  await otlp?.[Symbol.asyncDispose]();
});

/** A service whose TLS ends at a program of the instance. */
async function passThrough(name: string, port: number, serviceNetworkIdentifier: string): Promise<void> {
  const { client } = scene;
  const service = await newService(client, { customDomainName: name });
  const healthCheck = { enabled: false };
  const config = { protocol: "TCP", port, vpcIdentifier: sceneVpcId, healthCheck } as const;
  const group = await newTargetGroup(client, { type: "INSTANCE", config });
  await registerTarget(client, group.id, { port });
  await newListener(client, service.id, { protocol: "TLS_PASSTHROUGH", port: 443, defaultAction: forwardTo(group.id) });
  await client.createServiceNetworkServiceAssociation({ serviceNetworkIdentifier, serviceIdentifier: service.id });
  ids.push({ service: service.id, group: group.id });
}

/** @returns what the target echoed, or the code of what went wrong */
async function talk(servername: string): Promise<string> {
  const socket = connect({ port: scene.pergola.httpsPort, host: "127.0.0.1", servername, rejectUnauthorized: false });
  let got = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    got += text;
    socket.end();
  });
  socket.on("secureConnect", () => socket.write("hello"));
  const failed = new Promise<string>((resolve) =>
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(String(code))),
  );
  return Promise.race([once(socket, "close").then(() => got), failed]);
}

it("a connection of TLS passthrough is a span of its own, failed or not, and holds nothing of what it carried", {
  timeout: 60_000,
}, async () => {
  expect(await talk(names.passed)).toBe("hello");
  expect(await talk(names.gone)).toMatch(/^E/);
  expect(await scene.pergola.stop()).toBe(0);

  const spanOf = (name: string) => {
    const spans = otlp.spans.filter(({ attributes }) => attributes["tls.client.server_name"] === name);
    expect(spans).toHaveLength(1);
    return spans[0];
  };
  const [passed, gone] = ids;
  const span = spanOf(names.passed);
  expect(span).toMatchObject({
    name: "TLS passthrough",
    kind: 2,
    attributes: {
      "network.transport": "tcp",
      "server.address": names.passed,
      "server.port": 443,
      "network.peer.address": "127.0.0.1",
      "aws.lattice.service.id": passed?.service,
      "aws.lattice.target_group.id": passed?.group,
      "aws.request_id": expect.stringMatching(/./),
    },
  });
  expect(span?.status.code ?? 0).toBe(0);
  expect(BigInt(span?.endTimeUnixNano ?? 0)).toBeGreaterThanOrEqual(BigInt(span?.startTimeUnixNano ?? 0));
  expect(spanOf(names.gone)).toMatchObject({
    status: { code: 2 },
    attributes: {
      "error.type": "TargetConnectionError",
      "aws.lattice.failure_reason": "TargetConnectionError",
      "aws.lattice.service.id": gone?.service,
    },
  });
  expect(JSON.stringify(otlp.spans)).not.toContain("hello");
});
