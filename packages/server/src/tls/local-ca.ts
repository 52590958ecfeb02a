import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { KeyPair } from "./certificate-issuer.ts";

export interface LocalCa extends KeyPair {
  /** What clients are given to trust. */
  readonly certificateFile: string;
}

/** The authority in the data directory cannot be used. */
export class LocalCaError extends Error {
  override readonly name = "LocalCaError";
}

/**
 * Reads the authority of a data directory, and makes it at the first start. The key is written before the certificate and each
 * at once under its name, so that a first start that was interrupted leaves a key alone at most: nobody can have trusted that
 * authority yet, and it is made anew.
 * @throws LocalCaError when the files do not belong together, are damaged or have expired
 */
export async function openLocalCa(dir: string, now: Date): Promise<LocalCa> {
  await mkdir(dir, { recursive: true });
  const certificateFile = join(dir, "ca.pem");
  const keyFile = join(dir, "ca-key.pem");
  const [certificate, key] = await Promise.all([readIfThere(certificateFile), readIfThere(keyFile)]);
  if (certificate !== undefined) {
    check({ certificate, key: key ?? "" }, certificateFile, keyFile, now);
    return { certificate, key: key ?? "", certificateFile };
  }
  const { issueAuthority } = await import("./certificate-issuer.ts");
  const made = await issueAuthority(now);
  await writeWhole(keyFile, made.key, 0o600);
  await writeWhole(certificateFile, made.certificate, 0o644);
  return { ...made, certificateFile };
}

function check({ certificate, key }: KeyPair, certificateFile: string, keyFile: string, now: Date): void {
  const remedy = `remove ${certificateFile} and ${keyFile} to get a new authority, and trust that one`;
  let parsed: X509Certificate;
  let matches: boolean;
  try {
    parsed = new X509Certificate(certificate);
    matches = parsed.checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    // Without `cause`: OpenSSL's error could be printed with its input, which is the key.
    const { code = "unreadable" } = error as NodeJS.ErrnoException;
    throw new LocalCaError(`the local authority is damaged or has lost its key (${code}): ${remedy}`);
  }
  if (!matches) throw new LocalCaError(`the local authority's key belongs to another certificate: ${remedy}`);
  if (new Date(parsed.validTo) <= now)
    throw new LocalCaError(`the local authority ended on ${parsed.validTo}: ${remedy}`);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function writeWhole(file: string, content: string, mode: number): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, "w", mode);
  try {
    // The mode of `open` counts for new files only: an earlier attempt may have left this one.
    await handle.chmod(mode);
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
