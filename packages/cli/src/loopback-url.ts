/** @returns whether a URL's host is this machine; what is sent there crosses no network */
export function isLoopbackUrl({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Reads the URL of something that is trusted with a signature or gives out secrets.
 * @returns the URL, or undefined when it is none, has a user name or a fragment, or is plain HTTP to another machine
 */
export function readSecureUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "" || url.hash !== "") return undefined;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopbackUrl(url)) ? url : undefined;
}
