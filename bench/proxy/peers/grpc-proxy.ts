// What one writes with grpc-js for a proxy: each call is made again at the origin, messages as bytes, metadata passed on.
// `node grpc-proxy.ts <port> <origin port>`
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
} from "@grpc/grpc-js";

const [port = 0, originPort = 0] = process.argv.slice(2).map(Number);
const asIs = (bytes: Buffer): Buffer => bytes;
const path = "/api/v1/Unary";
const client = new Client(`127.0.0.1:${originPort}`, credentials.createInsecure());
const definition = {
  unary: {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
} as const;
const server = new Server();
server.addService(definition, {
  unary: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
    client.makeUnaryRequest(path, asIs, asIs, call.request, call.metadata, done);
  },
});
server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
});
