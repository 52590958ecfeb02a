import {
  Client,
  type ClientOptions,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { onTestFinished } from "vitest";
import { host } from "./world.ts";

const asIs = (bytes: Buffer): Buffer => bytes;
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
});

/** A service of each kind of method, whose messages are bytes. */
export const echo = {
  unary: method("Unary", false, false),
  collect: method("Collect", true, false),
  repeat: method("Repeat", false, true),
  chat: method("Chat", true, true),
} satisfies ServiceDefinition;

/** A target: a server of grpc-js. @param tls key and certificate; in clear without them */
export async function openGrpcTarget(
  methods: UntypedServiceImplementation,
  tls?: { readonly key: string; readonly cert: string },
): Promise<{ id: string; port: number; server: Server }> {
  const server = new Server();
  server.addService(echo, methods);
  const keys = tls && [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }];
  const secured = keys === undefined ? ServerCredentials.createInsecure() : ServerCredentials.createSsl(null, keys);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync("127.0.0.1:0", secured, (error, port) => (error === null ? resolve(port) : reject(error)));
  onTestFinished(() => server.forceShutdown());
  return { id: "127.0.0.1", port: await promise, server };
}

/** A client of grpc-js for the test world's service. @param ca of the service's certificate; in clear without it */
export function openGrpcClient(port: number, ca?: string, options: ClientOptions = {}): Client {
  const secured = ca === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(ca));
  const client = new Client(`127.0.0.1:${port}`, secured, {
    "grpc.default_authority": host,
    "grpc.ssl_target_name_override": host,
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

/** What a call came to. */
export interface GrpcOutcome {
  readonly code: number;
  readonly details: string;
  readonly body: string;
  readonly trailers: Metadata;
}

/** @returns the outcome of a unary call, whatever it is */
export function callUnary(
  client: Client,
  body: string | Buffer,
  { metadata, deadline, path = echo.unary.path }: { metadata?: Metadata; deadline?: number; path?: string } = {},
): Promise<GrpcOutcome> {
  const { promise, resolve } = Promise.withResolvers<GrpcOutcome>();
  let answer = "";
  const call = client.makeUnaryRequest(
    path,
    asIs,
    asIs,
    Buffer.from(body),
    metadata ?? new Metadata(),
    deadline === undefined ? {} : { deadline: Date.now() + deadline },
    (_error, value) => {
      answer = value?.toString() ?? "";
    },
  );
  call.on("status", ({ code, details, metadata: trailers }) =>
    // The answer is given after the status.
    setImmediate(() => resolve({ code, details, body: answer, trailers })),
  );
  return promise;
}
