import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { expect } from "vitest";
import { type Created, forwardTo, newListener } from "../harness/lattice-resources.ts";
import { type authTypes, type OpenService, openService, present } from "../harness/open-service.ts";
import { openPlainClient, type PlainAnswer, type PlainClient } from "../harness/plain-client.ts";
import { type InstanceProgram, openScene, type Scene } from "../harness/scene.ts";

/** A Pergola with two programs: each answers with its name. */
export interface Theatre {
  readonly scene: Scene;
  readonly programs: Readonly<Record<"a" | "b", InstanceProgram>>;
}

/**
 * Starts Pergola and the programs; the scene is the caller's to dispose.
 * @param settings of Pergola, as environment variables
 */
export async function openTheatre(settings: Readonly<Record<string, string>> = {}): Promise<Theatre> {
  const scene = await openScene({}, settings);
  const start = (name: string): Promise<InstanceProgram> =>
    scene.startProgram((request, response) => {
      request.resume();
      response.end(name);
    });
  return { scene, programs: { a: await start("a"), b: await start("b") } };
}

/** A service with a listener whose default action goes to program a, and traffic on it all the time. */
export interface Stage {
  readonly client: VPCLattice;
  readonly service: OpenService;
  /** Where listener port 80 is on this machine. */
  readonly httpPort: number;
  readonly programs: Theatre["programs"];
  /** Identifies the listener in the API. */
  readonly at: { readonly serviceIdentifier: string; readonly listenerIdentifier: string };
  /** Groups of program a and b. */
  readonly a: Created;
  readonly b: Created;
  /** @returns `200 a`: status, and body where it is 200 */
  ask(path?: string): Promise<string>;
  send(path: string): Promise<PlainAnswer>;
}

/** Sends requests one after the other as long as `isGoing`; any answer is right, none is not. */
async function keepAsking(client: PlainClient, isGoing: () => boolean): Promise<number> {
  let count = 0;
  for (; isGoing(); count += 1) await client.send({ path: "/background" });
  return count;
}

/** Sets the stage, plays, and takes the service out of the VPC again. */
export async function onStage(
  { scene, programs }: Theatre,
  auth: keyof typeof authTypes,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const { client, pergola } = scene;
  // A new target of a group with health checks gets its first request only when it is found healthy.
  const config = { healthCheck: { enabled: false } };
  const [a, b] = [await scene.groupOf(programs.a, config), await scene.groupOf(programs.b, config)];
  const service = await openService(client, auth);
  const listener = await newListener(client, service.id, { defaultAction: forwardTo(a.id) });
  using own = openPlainClient(service.host, pergola.httpPort, 1);
  using others = openPlainClient(service.host, pergola.httpPort, 4);
  const send = (path: string): Promise<PlainAnswer> => own.send({ path });
  const ask = async (path = "/"): Promise<string> => {
    const { status, body } = await send(path);
    return status === 200 ? `200 ${body}` : `${status}`;
  };
  const at = { serviceIdentifier: service.id, listenerIdentifier: listener.id };
  let isOver = false;
  const background = Promise.all([1, 2, 3, 4].map(() => keepAsking(others, () => !isOver)));
  try {
    await play({ client, httpPort: pergola.httpPort, programs, service, at, a, b, ask, send });
  } finally {
    isOver = true;
    for (const count of await background) expect(count).toBeGreaterThan(0);
    await leaveNetwork(client, service);
  }
}

/** Deletes the association of the VPC, which can have one only. */
export async function leaveNetwork(client: VPCLattice, { networkId }: OpenService): Promise<void> {
  const { items = [] } = await client.listServiceNetworkVpcAssociations({ serviceNetworkIdentifier: networkId });
  await client.deleteServiceNetworkVpcAssociation({ serviceNetworkVpcAssociationIdentifier: present(items[0]?.id) });
}
