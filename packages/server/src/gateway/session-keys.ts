import { type AwsConnection, createKmsKeyring, NoKeysYet } from "@pergola/aws";
import { createCertificateKeys } from "@pergola/control-plane";
import { type ConfigStore, type Logger, type RequestHead, systemClock } from "@pergola/core";
import { claimsSession, type SessionKeys } from "@pergola/iam";

/** The keys that a gateway has of the deployment. */
export interface GatewayKeys {
  readonly sessions: SessionKeys;
  /** Rejects for who signs with a session while nobody knows the keys, since the store or KMS does not answer; else undefined. */
  credentialsReady(head: RequestHead): Promise<void> | undefined;
  /** @returns the private key in PEM, or undefined when it was not sealed in this deployment */
  openCertificateKey(sealed: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** How often the session keys are read: a new one is announced ten minutes before it seals. Milliseconds. */
const readMs = 30_000;
/** Until the exchange has made the first. Milliseconds. */
const firstReadMs = 5_000;
const timeoutMs = 10_000;

/** @returns the keys where there is a KMS key; without one, there are no sessions and no imported certificates */
export async function openGatewayKeys(
  connection: AwsConnection,
  keyId: string | undefined,
  store: Pick<ConfigStore, "get">,
  logger: Logger,
): Promise<GatewayKeys> {
  if (keyId === undefined) {
    return {
      sessions: { current: () => undefined },
      credentialsReady: () => undefined,
      openCertificateKey: async () => undefined,
      close: async () => undefined,
    };
  }
  const sessions = createKmsKeyring({ kms: connection, keyId, store, clock: systemClock, logger });
  const certificates = createKmsKeyring({
    kms: connection,
    keyId,
    store,
    name: "certificates",
    clock: systemClock,
    logger,
  });
  const reading = keepRead(sessions, logger);
  await reading.firstRead;
  return {
    sessions,
    credentialsReady({ rawHeaders }) {
      const failure = sessions.current() === undefined ? reading.failure() : undefined;
      return failure !== undefined && claimsSession(rawHeaders) ? Promise.reject(failure) : undefined;
    },
    async openCertificateKey(sealed) {
      return createCertificateKeys(await certificates.load(AbortSignal.timeout(timeoutMs))).openKey(sealed);
    },
    async close() {
      reading.stop();
      await Promise.all([sessions.close(), certificates.close()]);
    },
  };
}

interface Reading {
  readonly firstRead: Promise<void>;
  /** @returns why the last read failed, where it did and not because no keys were made yet */
  failure(): Error | undefined;
  stop(): void;
}

/** Requests find their keys in memory: they are read by a timer, whoever comes. */
function keepRead(
  { load, current }: Pick<ReturnType<typeof createKmsKeyring>, "load" | "current">,
  logger: Logger,
): Reading {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let wasMissing = false;
  let failure: Error | undefined;
  const read = async (): Promise<void> => {
    try {
      await load(AbortSignal.timeout(timeoutMs));
      wasMissing = false;
      failure = undefined;
    } catch (error) {
      if (!wasMissing) logger.warn("there are no session keys yet: requests of sessions are refused", { error });
      wasMissing = true;
      failure =
        error instanceof NoKeysYet ? undefined : new Error("the keys of sessions cannot be read", { cause: error });
    }
    if (!isStopped) timer = setTimeout(() => void read(), current() === undefined ? firstReadMs : readMs).unref();
  };
  return {
    firstRead: read(),
    failure: () => failure,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
