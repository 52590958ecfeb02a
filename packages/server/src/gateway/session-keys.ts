import { type AwsConnection, createKmsKeyring } from "@pergola/aws";
import { createCertificateKeys } from "@pergola/control-plane";
import { type ConfigStore, type Logger, systemClock } from "@pergola/core";
import type { SessionKeys } from "@pergola/iam";

/** The keys that a gateway has of the deployment. */
export interface GatewayKeys {
  readonly sessions: SessionKeys;
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
  const stop = keepRead(sessions, logger);
  await stop.firstRead;
  return {
    sessions,
    async openCertificateKey(sealed) {
      return createCertificateKeys(await certificates.load(AbortSignal.timeout(timeoutMs))).openKey(sealed);
    },
    async close() {
      stop.stop();
      await Promise.all([sessions.close(), certificates.close()]);
    },
  };
}

interface Reading {
  readonly firstRead: Promise<void>;
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
  const read = async (): Promise<void> => {
    try {
      await load(AbortSignal.timeout(timeoutMs));
      wasMissing = false;
    } catch (error) {
      if (!wasMissing) logger.warn("there are no session keys yet: requests of sessions are refused", { error });
      wasMissing = true;
    }
    if (!isStopped) timer = setTimeout(() => void read(), current() === undefined ? firstReadMs : readMs).unref();
  };
  return {
    firstRead: read(),
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
