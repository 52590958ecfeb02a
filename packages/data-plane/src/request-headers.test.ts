import type { AwsPrincipal } from "@pergola/iam";
import { expect, it } from "vitest";
import { identityHeaders } from "./identity-headers.ts";
import {
  groupArn,
  host,
  networkArn,
  openTarget,
  openWorld,
  send,
  sendRaw,
  serviceArn,
  vpcId,
} from "./testing/world.ts";

async function echo(): Promise<{ port: number; seen: (rawRequest: string) => Promise<string[]> }> {
  const world = await openWorld();
  await world.putTargets(
    await openTarget((request, response) => response.end(`<<${JSON.stringify(request.rawHeaders)}>>`)),
  );
  return {
    port: world.port,
    seen: async (lines) => {
      const raw = await sendRaw(
        world.port,
        `GET / HTTP/1.1\r\nHost: ${host}\r\n${lines}${/^connection:/im.test(lines) ? "" : "Connection: close\r\n"}\r\n`,
      );
      return JSON.parse(/<<(.*)>>/.exec(raw)?.[1] ?? "[]") as string[];
    },
  };
}

/** Only the names that the network does not add itself. */
function names(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_text, at) => at % 2 === 0);
}

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_text, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
}

it("tells the target where a request comes from", async () => {
  const { seen } = await echo();

  const got = await seen("");

  expect(valuesOf(got, "host")).toEqual([host]);
  expect(valuesOf(got, "x-forwarded-for")).toEqual(["127.0.0.1"]);
  expect(valuesOf(got, "x-forwarded-port")).toEqual(["80"]);
  expect(valuesOf(got, "x-forwarded-proto")).toEqual(["http"]);
  expect(valuesOf(got, "x-amzn-source-vpc")).toEqual([vpcId]);
  expect(valuesOf(got, "x-amzn-lattice-network")).toEqual([
    `SourceVpcArn=arn:aws:ec2:us-west-2:123456789012:vpc/${vpcId}`,
  ]);
  expect(valuesOf(got, "x-amzn-lattice-target")).toEqual([
    `ServiceArn=${serviceArn}; ServiceNetworkArn=${networkArn}; TargetGroupArn=${groupArn}`,
  ]);
  expect(names(got)).not.toContain("x-amzn-lattice-identity");
});

it.each([
  "x-amzn-lattice-identity",
  "X-Amzn-Lattice-Identity",
  "x_amzn_lattice_identity",
  "X-Amzn_Lattice-IDENTITY",
  "x-amzn-lattice-identity-tags",
  "x-amzn-lattice-network",
  "x-amzn-lattice-target",
  "x-amzn-lattice-anything",
  "x-amzn-source-vpc",
  "X_AMZN_SOURCE_VPC",
  "X-Forwarded-Proto",
  "X_Forwarded_Proto",
  "x_forwarded_for",
  "x-forwarded-port",
  "x_amzn_requestid",
  "x-amz-security-token",
  "Keep-Alive",
  "Proxy-Connection",
  "Proxy-Authorization",
  "TE",
  "Trailer",
])("drops a client's %s", async (name) => {
  const { seen } = await echo();

  const got = await seen(`${name}: forged\r\nX-Kept: yes\r\n${name}: forged\r\n`);

  expect(got.filter((text) => text.includes("forged"))).toEqual([]);
  expect(valuesOf(got, "x-kept")).toEqual(["yes"]);
});

it("drops trailers", async () => {
  const world = await openWorld();
  const target = await openTarget((request, response) => {
    request.resume().on("end", () => response.end(`<<${JSON.stringify([request.rawHeaders, request.rawTrailers])}>>`));
  });
  await world.putTargets(target);

  const raw = await sendRaw(
    world.port,
    `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\na\r\n0\r\nx-amzn-lattice-identity: forged\r\n\r\n`,
  );

  expect(raw).toContain("200 OK");
  expect(raw).not.toContain("forged");
});

it("drops headers that Connection names, but none that routing hangs on", async () => {
  const { seen } = await echo();

  const got = await seen("Connection: x-hop, Host, X-Forwarded-For, close\r\nX-Hop: 1\r\nX-Forwarded-For: 9.9.9.9\r\n");

  expect(valuesOf(got, "x-hop")).toEqual([]);
  expect(valuesOf(got, "host")).toEqual([host]);
  expect(valuesOf(got, "x-forwarded-for")).toEqual(["9.9.9.9, 127.0.0.1"]);
});

it("appends to X-Forwarded-For, however often it was sent", async () => {
  const { seen } = await echo();
  const got = await seen("X-Forwarded-For: 1.1.1.1\r\nx-forwarded-for: 2.2.2.2, 3.3.3.3\r\n");
  expect(valuesOf(got, "x-forwarded-for")).toEqual(["1.1.1.1, 2.2.2.2, 3.3.3.3, 127.0.0.1"]);
});

it("keeps an Authorization header of the application's own", async () => {
  const { seen } = await echo();
  expect(valuesOf(await seen("Authorization: Bearer abc\r\n"), "authorization")).toEqual(["Bearer abc"]);
});

it("uses the client's request id, cut at 512 bytes and clean", async () => {
  const { port, seen } = await echo();

  expect(valuesOf(await seen(`x-amzn-requestid: ${"a".repeat(600)}\r\n`), "x-amzn-requestid")).toEqual([
    "a".repeat(512),
  ]);
  expect(valuesOf(await seen("X-Amzn-RequestId: a b\xffc\r\n"), "x-amzn-requestid")).toEqual(["abc"]);
  const reply = await send(port, "/", { headers: { "x-amzn-requestid": "mine" } });
  expect(reply.headers["x-amzn-requestid"]).toBe("mine");
});

const principal: AwsPrincipal = {
  kind: "aws",
  arn: "arn:aws:sts::123456789012:assumed-role/web/s",
  account: "123456789012",
  type: "AssumedRole",
  sessionName: "s",
  orgId: "o-ab12cd34ef",
  orgPaths: ["o-ab12cd34ef/r-1/ou-1/"],
  tags: { team: "a;b\\c", "k;": "line\r\nbreak", name: "Zoë" },
};

it("describes an authenticated caller without letting a value end its field", () => {
  expect(identityHeaders(principal)).toEqual({
    identity:
      "Principal=arn:aws:sts::123456789012:assumed-role/web/s; PrincipalOrgID=o-ab12cd34ef; PrincipalOrgPath=o-ab12cd34ef/r-1/ou-1/; SessionName=s; Type=AWS_IAM",
    tags: "principal=arn:aws:sts::123456789012:assumed-role/web/s;principalorgid=o-ab12cd34ef;principalorgpath=o-ab12cd34ef/r-1/ou-1/;team=a\\;b\\\\c;k\\;=line%0D%0Abreak;name=Zo%C3%AB",
  });
});

it("passes W3C trace context through as it is, spelled as it is", async () => {
  const { seen } = await echo();
  const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  const got = await seen(`TraceParent: ${parent}\r\ntracestate: a=1\r\ntracestate: b=2,c=%3D\r\n`);

  expect(valuesOf(got, "traceparent")).toEqual([parent]);
  expect(names(got)).toContain("TraceParent");
  expect(valuesOf(got, "tracestate")).toEqual(["a=1", "b=2,c=%3D"]);
});
