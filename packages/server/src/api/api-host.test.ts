import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { type Logger, systemIds } from "@pergola/core";
import { afterEach, describe, expect, it } from "vitest";
import { type ApiResponse, jsonResponse } from "./api-error.ts";
import { type ApiHost, type ApiHostPorts, startApiHost } from "./api-host.ts";
import { refuseForeignPage } from "./browser-guard.ts";
import type { SignedRequest } from "./require-signature.ts";

const hosts: ApiHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close(0)));
});

async function start(ports: Partial<ApiHostPorts> = {}) {
  const seen: SignedRequest[] = [];
  const errors: string[] = [];
  const log = (message: string): void => void errors.push(message);
  const logger: Logger = { info: log, warn: log, error: log };
  const host = await startApiHost(
    {
      control: {
        async handle(request) {
          seen.push(request);
          return { status: 200, headers: { "content-type": "application/json" }, body: '{"ok":true}' };
        },
      },
      sts: async () => ({ status: 200, headers: { "content-type": "text/xml" }, body: "<sts/>" }),
      routes: {
        "/pergola/health": () => jsonResponse(200, { status: "ok" }),
        "/pergola/listeners": () => jsonResponse(200, { listeners: [] }),
      },
      refuse: (rawHeaders) => refuseForeignPage(rawHeaders, "127.0.0.1"),
      authenticate: () => undefined,
      settled: async () => {},
      ids: systemIds,
      logger,
      ...ports,
    },
    { host: "127.0.0.1", port: 0 },
  );
  hosts.push(host);
  return { host, seen, errors, port: host.address.port };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

function send(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  return new Promise<Answer>((done, fail) => {
    const { method = "GET", headers = {}, body } = options;
    const request = httpRequest({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => done({ status: response.statusCode, headers: response.headers, body: text }));
    });
    request.on("error", fail);
    request.end(body);
  });
}

/** @returns everything that the server says to these bytes until it closes, or for a second */
function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", () => {});
    socket.on("close", () => done(text));
    socket.setTimeout(1_000, () => socket.destroy());
  });
}

describe("the API host", () => {
  it("hands requests to the control plane as they came", async () => {
    const { port, seen } = await start();

    const answer = await send(port, "/services/a%2Fb?x=1&y", { method: "POST", headers: { "X-One": "a" }, body: "{}" });

    expect(answer).toMatchObject({ status: 200, body: '{"ok":true}' });
    expect(answer.headers["x-amzn-requestid"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen[0]).toMatchObject({ method: "POST", target: "/services/a%2Fb?x=1&y", body: Buffer.from("{}") });
    expect(seen[0]?.rawHeaders.slice(0, 2)).toEqual(["X-One", "a"]);
  });

  it("answers its own routes itself, and asks the control plane for any other", async () => {
    const { port, seen } = await start();

    expect(await send(port, "/pergola/health")).toMatchObject({ status: 200, body: '{"status":"ok"}' });
    expect(await send(port, "/pergola/health?x")).toMatchObject({ status: 200 });
    expect(await send(port, "/pergola/health", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
    expect(seen).toEqual([]);
    for (const path of ["/pergola/toString", "/pergola/explain", "/pergola"]) await send(port, path);
    await send(port, "/pergola/health", { method: "POST" });
    expect(seen.map(({ target }) => target)).toEqual([
      "/pergola/toString",
      "/pergola/explain",
      "/pergola",
      "/pergola/health",
    ]);
  });

  it("answers nothing but its health to a caller that is not authenticated", async () => {
    const denial = { status: 403, type: "MissingAuthenticationTokenException", message: "sign the request" };
    const { port, seen } = await start({ authenticate: () => denial });

    expect((await send(port, "/pergola/health")).status).toBe(200);
    for (const path of ["/pergola/listeners", "/pergola/explain", "/services"]) {
      const answer = await send(port, path);
      expect(answer.status).toBe(403);
      expect(answer.headers["x-amzn-errortype"]).toBe("MissingAuthenticationTokenException");
    }
    expect(seen).toEqual([]);
  });

  it("waits for listener ports before it answers a change, not before it answers a read", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { port } = await start({ settled: () => promise });
    let changed = false;
    const change = send(port, "/services", { method: "POST", body: "{}" }).then(() => {
      changed = true;
    });

    expect((await send(port, "/services")).status).toBe(200);
    expect(changed).toBe(false);
    resolve();
    await change;
    expect(changed).toBe(true);
  });

  it("answers a failure with a bare 500 and logs it with the request id", async () => {
    const control = { handle: () => Promise.reject(new Error("secret detail")) };
    const { port, errors } = await start({ control });

    const answer = await send(port, "/services");

    expect(answer.status).toBe(500);
    expect(answer.headers["x-amzn-errortype"]).toBe("InternalServerException");
    expect(answer.body).toContain(String(answer.headers["x-amzn-requestid"]));
    expect(answer.body).not.toContain("secret detail");
    expect(errors).toEqual(["an API request failed"]);
  });

  it.each([
    ["announced", { "content-length": String(1024 * 1024 + 1) }],
    ["sent in chunks", { "transfer-encoding": "chunked" }],
  ])("refuses a body over 1 MB that is %s", async (_how, headers) => {
    const { port, seen } = await start();

    const answer = await send(port, "/services", { method: "POST", headers, body: "x".repeat(1024 * 1024 + 1) });

    expect(answer.status).toBe(413);
    expect(answer.headers["x-amzn-errortype"]).toBe("RequestEntityTooLargeException");
    expect(seen).toEqual([]);
    expect((await send(port, "/services")).status).toBe(200);
  });

  it("takes a body of exactly 1 MB", async () => {
    const { port, seen } = await start();

    expect((await send(port, "/x", { method: "PUT", body: "x".repeat(1024 * 1024) })).status).toBe(200);
    expect(seen[0]?.body).toHaveLength(1024 * 1024);
  });

  it("refuses oversized heads and malformed requests, and lives on", async () => {
    const { port } = await start();

    expect(await sendRaw(port, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(40_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 /,
    );
    expect(await sendRaw(port, "nonsense\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
    expect(
      await sendRaw(
        port,
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      ),
    ).toMatch(/^HTTP\/1.1 400 /);
    await sendRaw(port, "POST /services HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
    expect((await send(port, "/services")).status).toBe(200);
  });

  it("finishes what is in flight when it closes, and cuts it off at the deadline", async () => {
    const startWith = async (answer: Promise<ApiResponse>) => {
      const { promise: hasArrived, resolve } = Promise.withResolvers<void>();
      const handle = (): Promise<ApiResponse> => {
        resolve();
        return answer;
      };
      return { ...(await start({ control: { handle } })), hasArrived };
    };
    const { promise: late, resolve: answer } = Promise.withResolvers<ApiResponse>();
    const patient = await startWith(late);
    const inFlight = send(patient.port, "/services");
    await patient.hasArrived;
    const closed = patient.host.close(60_000);
    answer({ status: 200, headers: {}, body: "late" });
    await closed;
    expect(await inFlight).toMatchObject({ status: 200, body: "late", headers: { connection: "close" } });
    await expect(send(patient.port, "/services")).rejects.toThrow("ECONNREFUSED");

    const hasty = await startWith(new Promise(() => undefined));
    const refused = expect(send(hasty.port, "/services")).rejects.toThrow();
    await hasty.hasArrived;
    await hasty.host.close(100);
    await refused;
  });
});

describe("a web page that wants to configure Pergola", () => {
  const own = "127.0.0.1:7070";
  it.each([
    ["the AWS CLI", [["Host", own]], undefined],
    ["localhost", [["Host", "localhost:7070"]], undefined],
    ["IPv6", [["Host", "[::1]:7070"]], undefined],
    ["another loopback address", [["Host", "127.0.0.2"]], undefined],
    [
      "its own page",
      [
        ["Host", own],
        ["Origin", "http://127.0.0.1:7070"],
        ["Sec-Fetch-Site", "same-origin"],
      ],
      undefined,
    ],
    [
      "the address bar",
      [
        ["Host", own],
        ["Sec-Fetch-Site", "none"],
      ],
      undefined,
    ],
    [
      "a link",
      [
        ["Host", own],
        ["Sec-Fetch-Site", "cross-site"],
        ["Sec-Fetch-Mode", "navigate"],
      ],
      undefined,
    ],
    ["a rebound name", [["Host", "evil.example:7070"]], "the host `evil.example:7070`"],
    ["a name that begins with an address", [["Host", "127.0.0.1.evil.example"]], "the host"],
    ["no host", [], "the host"],
    [
      "two hosts",
      [
        ["Host", own],
        ["Host", "evil.example"],
      ],
      "the host",
    ],
    ["user info in the host", [["Host", "a@127.0.0.1"]], "the host"],
    [
      "another origin",
      [
        ["Host", own],
        ["Origin", "https://evil.example"],
      ],
      "the origin `https://evil.example`",
    ],
    [
      "another port of this machine",
      [
        ["Host", own],
        ["Origin", "http://127.0.0.1:3000"],
      ],
      "the origin",
    ],
    [
      "an opaque origin",
      [
        ["Host", own],
        ["Origin", "null"],
      ],
      "the origin `null`",
    ],
    [
      "a form of another site",
      [
        ["Host", own],
        ["Origin", "https://evil.example"],
        ["Sec-Fetch-Mode", "navigate"],
      ],
      "the origin",
    ],
    [
      "an image of another site",
      [
        ["Host", own],
        ["Sec-Fetch-Site", "cross-site"],
        ["Sec-Fetch-Mode", "no-cors"],
      ],
      "another site",
    ],
  ] as [string, [string, string][], string | undefined][])("%s", (_who, headers, refusal) => {
    const refused = refuseForeignPage(headers.flat(), "127.0.0.1");

    if (refusal === undefined) expect(refused).toBeUndefined();
    else expect(refused).toMatchObject({ status: 403, message: expect.stringContaining(refusal) });
  });

  it("is refused before anything is read or run", async () => {
    const { port, seen } = await start();

    const answer = await send(port, "/services", {
      method: "POST",
      headers: { Origin: "https://evil.example" },
      body: "{}",
    });

    expect(answer.status).toBe(403);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    expect(seen).toEqual([]);
  });
});
