import { RamError } from "./ram-error.ts";

/**
 * Sources bound what AWS services may do with a share; none can be a principal here.
 * @throws RamError InvalidParameterException
 */
export function refuseSources(sources: readonly string[] = []): void {
  if (sources.length === 0) return;
  const message = "sources: leave it out: it bounds service principals, and VPC Lattice's resources are for accounts";
  throw new RamError("InvalidParameterException", message);
}
