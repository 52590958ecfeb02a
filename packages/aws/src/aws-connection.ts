/** How to reach AWS, or a server that speaks its APIs. */
export interface AwsConnection {
  readonly region: string;
  /** Base URL; absent for AWS itself. */
  readonly endpoint?: string;
  /** Absent: the SDK's usual chain. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/**
 * @param limits `requestMs`: from sending a request to the end of its answer; `maxAttempts`: tries of the SDK's own
 * @returns the settings that all clients of the SDK have in common
 */
export function clientSettings(
  { region, endpoint, credentials }: AwsConnection,
  { requestMs, maxAttempts }: { readonly requestMs: number; readonly maxAttempts: number },
) {
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: requestMs,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 64 },
      httpsAgent: { keepAlive: true, maxSockets: 64 },
    },
  };
}

/** Makes something at its first use and keeps it; destroys what it made. */
export interface Lazy<T> {
  get(): Promise<T>;
  destroy(): Promise<void>;
}

/** @param make is called once, unless it fails */
export function lazy<T extends { destroy(): void }>(make: () => Promise<T>): Lazy<T> {
  let made: Promise<T> | undefined;
  return {
    get() {
      made ??= make().catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      return made;
    },
    async destroy() {
      const one = made;
      made = undefined;
      if (one !== undefined) (await one).destroy();
    },
  };
}

/** One lazy client for each region. */
export interface Regional<T> {
  in(region: string): Promise<T>;
  destroy(): Promise<void>;
}

/** @param make makes the client of one region */
export function regional<T extends { destroy(): void }>(make: (region: string) => Promise<T>): Regional<T> {
  const clients = new Map<string, Lazy<T>>();
  return {
    in(region) {
      const known = clients.get(region) ?? lazy(() => make(region));
      clients.set(region, known);
      return known.get();
    },
    async destroy() {
      for (const client of clients.values()) await client.destroy();
      clients.clear();
    },
  };
}
