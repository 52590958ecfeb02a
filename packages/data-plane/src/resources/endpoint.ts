import { childAssociationId, type ResourceEntry, type ResourceSnapshot } from "@pergola/core";
import { isPortIn } from "./port-ranges.ts";

/** One resource as one network has it: where clients connect to. */
export interface ResourceEndpoint {
  /** Of the snapshot: the resource configuration's, or its group's. */
  readonly configurationId: string;
  /** The resource's own association, for a child the one that it has through its group. */
  readonly associationId: string;
}

/** An endpoint with what its snapshot says of it. */
export interface LocatedEndpoint extends ResourceEndpoint {
  readonly networkId: string;
  readonly resource: ResourceEntry;
}

/** @returns every endpoint of a snapshot */
export function endpointsOf({ configurationId, associations, resources }: ResourceSnapshot): LocatedEndpoint[] {
  return associations.flatMap(({ associationId, networkId }) =>
    resources.map((resource) => ({
      configurationId,
      associationId: resource.isChild ? childAssociationId(associationId, resource.configurationId) : associationId,
      networkId,
      resource,
    })),
  );
}

/** @returns whether clients may connect to a port of an endpoint; a database has one that its ARN does not say */
export function hasPort({ resource }: LocatedEndpoint, port: number, databasePort: number | undefined): boolean {
  if ("arnResource" in resource.definition) return port === databasePort;
  return isPortIn(resource.portRanges, port);
}
