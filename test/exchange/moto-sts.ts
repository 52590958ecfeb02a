import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * moto as an STS endpoint for presigned requests. moto's server finds out by the Authorization header which service is meant, and by
 * which key, and does not look at the query: what the query says is put there. moto checks no signature; `local-sts.ts` does.
 */
export async function startMotoSts(moto: string): Promise<AsyncDisposable & { readonly origin: string }> {
  const server = createServer(async (request, response) => {
    const { searchParams } = new URL(request.url ?? "", moto);
    const authorization = `AWS4-HMAC-SHA256 Credential=${searchParams.get("X-Amz-Credential")}, SignedHeaders=host, Signature=0`;
    const answer = await fetch(`${moto}${request.url}`, { headers: { authorization } });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(await answer.text());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
