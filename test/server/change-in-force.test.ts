import { afterAll, beforeAll, expect, it } from "vitest";
import { freshName } from "../harness/lattice-resources.ts";
import { present } from "../harness/open-service.ts";
import { entriesWithin, readLogGroup } from "../walkthrough/access-log-files.ts";
import { changes } from "./changes.ts";
import { onStage, openTheatre, type Theatre } from "./stage.ts";

const turns = 30;

let theatre: Theatre;

beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(async () => {
  await theatre?.scene[Symbol.asyncDispose]();
});

it.each(Object.entries(changes))(
  "the very next request sees it when %s",
  { timeout: 40_000 },
  async (_, [auth, turn]) => {
    await onStage(theatre, auth, async (stage) => {
      for (let i = 0; i < turns; i += 1) await turn(stage);
    });
  },
);

it("logs from the very next request on when a subscription is created, and no more when it is deleted", {
  timeout: 60_000,
}, async () => {
  await onStage(theatre, "open", async ({ client, service, send }) => {
    const group = freshName("pergola/force");
    const destinationArn = `arn:aws:logs:us-west-2:123456789012:log-group:/${group}`;
    const [logged, unlogged] = [new Set<string>(), new Set<string>()];
    for (let i = 0; i < turns; i += 1) {
      const { id } = await client.createAccessLogSubscription({ resourceIdentifier: service.id, destinationArn });
      logged.add((await send("/logged")).requestId);
      await client.deleteAccessLogSubscription({ accessLogSubscriptionIdentifier: present(id) });
      unlogged.add((await send("/unlogged")).requestId);
    }

    const own = () =>
      readLogGroup(theatre.scene.dataDir, group).filter(({ requestPath }) => requestPath !== "/background");
    const ids = (await entriesWithin(own, logged.size)).map(({ requestId }) => requestId);
    expect(ids.toSorted()).toEqual([...logged].toSorted());
    expect(unlogged.size).toBe(turns);
  });
});
