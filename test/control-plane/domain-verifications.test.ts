import { verifyDomains } from "@pergola/control-plane";
import type { TxtResolver } from "@pergola/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  type ControlPlaneHarness,
  otherAccount,
  region,
  startControlPlane,
} from "../harness/control-plane.ts";
import { newConfiguration, newGateway, newGroup } from "../harness/lattice-networked-resources.ts";
import { failureOf } from "../harness/lattice-resources.ts";

const hour = 3_600_000;
let now = Date.parse("2026-11-23T10:00:00Z");
const clock = { now: () => new Date(now) };

let plane: ControlPlaneHarness;
beforeAll(async () => {
  plane = await startControlPlane({ clock, settings: { quotas: { "L-73D0F278": 100 } } });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

/** Records by name; an Error stands for a DNS that does not answer. */
function resolverOf(records: Readonly<Record<string, readonly string[] | Error>>): TxtResolver {
  return {
    async resolveTxt(name) {
      const found = records[name] ?? [];
      if (found instanceof Error) throw found;
      return found;
    },
  };
}

interface Started {
  readonly id: string;
  readonly name: string;
  readonly value: string;
}

async function start(domainName: string, client = plane.client): Promise<Started> {
  const { id = "", txtMethodConfig } = await client.startDomainVerification({ domainName });
  return { id, name: `${txtMethodConfig?.name}.${domainName}`, value: txtMethodConfig?.value ?? "" };
}

async function get(id: string): Promise<Record<string, unknown>> {
  const { $metadata: _, ...members } = await plane.client.getDomainVerification({ domainVerificationIdentifier: id });
  return members;
}

const look = (records: Parameters<typeof resolverOf>[0]) =>
  verifyDomains({ store: plane.store, clock, resolver: resolverOf(records) });

describe("StartDomainVerification", () => {
  it("answers 201 with a record to place, and Get shows tags", async () => {
    const input = { domainName: "shop.example.com", tags: { team: "shop" } };

    const { $metadata, ...answer } = await plane.client.startDomainVerification(input);
    const { items = [] } = await plane.client.listDomainVerifications({});

    expect($metadata.httpStatusCode).toBe(201);
    expect(answer).toEqual({
      id: expect.stringMatching(/^dv-0[0-9a-f]{16}$/),
      arn: `arn:aws:vpc-lattice:${region}:${account}:domainverification/${answer.id}`,
      domainName: "shop.example.com",
      status: "PENDING",
      txtMethodConfig: {
        name: expect.stringMatching(/^_[0-9a-f]{17}$/),
        value: expect.stringMatching(/^vpc-lattice:[0-9a-f]{17}$/),
      },
    });
    const expected = { ...answer, createdAt: clock.now(), tags: { team: "shop" } };
    expect(await get(answer.arn ?? "")).toEqual(expected);
    expect(items.find(({ id }) => id === answer.id)).toEqual(expected);
  });

  it("happens once for a domain of an account, in any case of letters, until it is deleted", async () => {
    const first = await start("once.example.com");

    const failure = await failureOf(start("ONCE.example.com"));
    await start("once.example.com", plane.clientOf({ account: otherAccount }));
    const { $metadata } = await plane.client.deleteDomainVerification({ domainVerificationIdentifier: first.id });
    const second = await start("once.example.com");

    expect(failure).toMatchObject({ name: "ConflictException", resourceId: first.id });
    expect($metadata.httpStatusCode).toBe(200);
    expect(second.value).not.toBe(first.value);
    expect(await failureOf(get(first.id))).toMatchObject({
      name: "ResourceNotFoundException",
      resourceType: "DOMAIN_VERIFICATION",
    });
  });

  it.each(["ab", "a..b", "a b.com", "-a.com", `${"a".repeat(64)}.com`, `${"a.".repeat(128)}com`, "*.example.com"])(
    "refuses the domain %s",
    async (domainName) => {
      const answer = await plane.send("POST", "/domainverifications", JSON.stringify({ domainName }));

      expect(answer).toMatchObject({ status: 400, json: { fieldList: [{ name: "domainName" }] } });
    },
  );
});

describe("verifyDomains", () => {
  it("verifies what has its record below the domain, in every account, and nothing else", async () => {
    const stranger = plane.clientOf({ account: otherAccount });
    const mine = await start("mine.example.com");
    const theirs = await start("theirs.example.com", stranger);
    const stolen = await start("stolen.example.com");
    const unplaced = await start("unplaced.example.com");

    const round = await look({
      [mine.name]: ["v=spf1 -all", mine.value],
      [theirs.name]: [theirs.value],
      [stolen.name]: [mine.value],
      "unplaced.example.com": [unplaced.value],
    });

    expect([...round.verified].sort()).toEqual(["mine.example.com", "theirs.example.com"]);
    expect(round.failed).toEqual([]);
    expect(await get(mine.id)).toMatchObject({ status: "VERIFIED", lastVerifiedTime: clock.now() });
    const foreign = await stranger.getDomainVerification({ domainVerificationIdentifier: theirs.id });
    expect(foreign.status).toBe("VERIFIED");
    expect((await get(stolen.id)).status).toBe("PENDING");
    expect((await get(unplaced.id)).status).toBe("PENDING");
  });

  it("goes on past a DNS that does not answer, and says so", async () => {
    const [silent, good] = [await start("silent.example.com"), await start("good.example.com")];
    const timeout = new Error("queryTxt ETIMEOUT");

    const round = await look({ [silent.name]: timeout, [good.name]: [good.value] });

    expect(round.failed).toEqual([{ domainName: "silent.example.com", error: timeout }]);
    expect((await get(silent.id)).status).toBe("PENDING");
    expect((await get(good.id)).status).toBe("VERIFIED");
  });

  it("gives up on a record that is not seen for 72 hours, and does not look for it again", async () => {
    const { id, name, value } = await start("late.example.com");

    now += 72 * hour - 1;
    await look({});
    const before = (await get(id)).status;
    now += 1;
    const round = await look({});
    await look({ [name]: [value] });

    expect(before).toBe("PENDING");
    expect(round.timedOut).toContain("late.example.com");
    expect((await get(id)).status).toBe("VERIFICATION_TIMED_OUT");
  });

  it("looks up a verified domain once a day, and takes the proof back 72 hours after it was last seen", async () => {
    const { id, name, value } = await start("daily.example.com");
    await look({ [name]: [value] });
    const seen = clock.now();

    now += 24 * hour - 1;
    await look({ [name]: [value] });
    const early = await get(id);
    now += 1;
    await look({ [name]: [value] });
    const again = await get(id);
    now += 71 * hour;
    await look({});
    const kept = await get(id);
    now += hour;
    await look({});

    expect(early.lastVerifiedTime).toEqual(seen);
    expect(again.lastVerifiedTime).toEqual(new Date(seen.getTime() + 24 * hour));
    expect(kept).toMatchObject({ status: "VERIFIED", lastVerifiedTime: again.lastVerifiedTime });
    expect((await get(id)).status).toBe("VERIFICATION_TIMED_OUT");
  });

  it("does not bring back a verification that is deleted while it is looked up", async () => {
    const { id, value } = await start("racing.example.com");
    const resolver: TxtResolver = {
      async resolveTxt(name) {
        if (!name.endsWith(".racing.example.com")) return [];
        await plane.client.deleteDomainVerification({ domainVerificationIdentifier: id });
        return [value];
      },
    };

    const round = await verifyDomains({ store: plane.store, clock, resolver });

    expect(round.verified).not.toContain("racing.example.com");
    expect((await failureOf(get(id))).name).toBe("ResourceNotFoundException");
  });
});

describe("resource configurations with a verification", () => {
  it("show its status, children their group's, and none once it is deleted", async () => {
    const { id: resourceGatewayIdentifier } = await newGateway(plane.client);
    const proof = await start("corp.example.com");
    const single = await newConfiguration(plane.client, {
      type: "SINGLE",
      resourceGatewayIdentifier,
      resourceConfigurationDefinition: { ipResource: { ipAddress: "10.0.0.5" } },
      portRanges: ["443"],
      customDomainName: "db.corp.example.com",
      domainVerificationIdentifier: proof.id,
    });
    const { child } = await newGroup(plane.client, resourceGatewayIdentifier, {
      groupDomain: "corp.example.com",
      domainVerificationIdentifier: proof.id,
    });
    const ids = [single.id, (await child()).id];
    const statuses = () =>
      Promise.all(
        ids.map(async (id) => {
          const read = await plane.client.getResourceConfiguration({ resourceConfigurationIdentifier: id });
          return [read.domainVerificationId, read.domainVerificationStatus];
        }),
      );

    const before = await statuses();
    await look({ [proof.name]: [proof.value] });
    const after = await statuses();
    await plane.client.deleteDomainVerification({ domainVerificationIdentifier: proof.id });

    expect(before).toEqual(Array(2).fill([proof.id, "PENDING"]));
    expect(after).toEqual(Array(2).fill([proof.id, "VERIFIED"]));
    expect(await statuses()).toEqual(Array(2).fill([proof.id, undefined]));
  });

  it("need one that is there and covers their domain", async () => {
    const { id: resourceGatewayIdentifier } = await newGateway(plane.client);
    const proof = await start("covered.example.com");
    const create = (domainVerificationIdentifier: string, customDomainName?: string) =>
      newConfiguration(plane.client, {
        type: "SINGLE",
        resourceGatewayIdentifier,
        resourceConfigurationDefinition: { ipResource: { ipAddress: "10.0.0.5" } },
        portRanges: ["443"],
        domainVerificationIdentifier,
        ...(customDomainName === undefined ? {} : { customDomainName }),
      });

    const failures = [
      await failureOf(create(proof.id, "notcovered.example.com")),
      await failureOf(create(proof.id, "example.com")),
      await failureOf(create(proof.id)),
      await failureOf(create("dv-00000000000000000", "covered.example.com")),
    ];
    await create(proof.id, "covered.example.com");

    expect(failures.slice(0, 3)).toMatchObject(
      Array(3).fill({ name: "ValidationException", fieldList: [{ name: "domainVerificationIdentifier" }] }),
    );
    expect(failures[3]).toMatchObject({ name: "ResourceNotFoundException", resourceType: "DOMAIN_VERIFICATION" });
  });
});
