/**
 * Keeps web pages from borrowing the caller's AWS identity. A page whose name is rebound to 127.0.0.1 shows in Host, one that sends a
 * request blindly in Origin or in what browsers say of themselves. AWS's clients and Terraform send none of these.
 * @param port that this proxy listens on
 * @returns why the request is refused, or undefined
 */
export function refuseForeignCaller(rawHeaders: readonly string[], port: number): string | undefined {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (name === "origin" || name.startsWith("sec-fetch-")) return "web pages may not call this proxy";
    if (name !== "host") continue;
    hosts += 1;
    const host = (rawHeaders[i + 1] as string).toLowerCase();
    if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`)
      return `the host is not this proxy: call it as 127.0.0.1:${port}`;
  }
  return hosts === 1 ? undefined : "exactly one Host header is needed";
}
