import { expect, it } from "vitest";
import { guardedBy, when } from "./auth-policy.ts";
import { ask, openRecordingWorld } from "./recording-target.ts";

const key = "RequestQueryString/admin";
const policies = {
  "deny admin=1": guardedBy({}, { Effect: "Deny", ...when("StringEquals", key, "1") }),
  "deny any admin=1": guardedBy({}, { Effect: "Deny", ...when("ForAnyValue:StringEquals", key, "1") }),
  "deny any admin": guardedBy({}, { Effect: "Deny", ...when("Null", key, "false") }),
  "allow admin=0": guardedBy(when("StringEquals", key, "0")),
  "allow all admin=0": guardedBy({
    Condition: {
      "ForAllValues:StringEquals": { [`vpc-lattice-svcs:${key}`]: "0" },
      Null: { [`vpc-lattice-svcs:${key}`]: "false" },
    },
  }),
} as const;

it.each<[keyof typeof policies, string, number]>([
  ["deny admin=1", "admin=1", 403],
  ["deny admin=1", "%61dmin=1", 403],
  ["deny admin=1", "admi%6E=%31", 403],
  ["deny admin=1", "admin=0&admin=1", 403],
  ["deny admin=1", "admin=1&admin=0", 403],
  ["deny admin=1", "x;admin=1", 403],
  ["deny admin=1", "x=0;admin=1;y", 403],
  ["deny admin=1", "&&admin=1&&", 403],
  ["deny admin=1", "?admin=0&admin=1", 403],
  ["deny admin=1", "=x&admin=1", 403],
  ["deny admin=1", "%&admin=1", 403],
  ["deny admin=1", "admin=2", 200],
  ["deny admin=1", "Admin=1", 200],
  ["deny admin=1", "admin%3D1", 200],
  ["deny any admin=1", "admin=0&%61dmin=1", 403],
  ["deny any admin=1", "a;admin=1", 403],
  ["deny any admin", "admin", 403],
  ["deny any admin", "admin=", 403],
  ["deny any admin", "%61dmin", 403],
  ["deny any admin", "a;admin", 403],
  ["deny any admin", "", 200],
  ["allow admin=0", "admin=0", 200],
  ["allow admin=0", "admin=%30", 200],
  ["allow admin=0", "admin=0&admin=1", 403],
  ["allow admin=0", "admin=1&admin=0", 403],
  ["allow admin=0", "admin=0&%61dmin=1", 403],
  ["allow admin=0", "admin=0;admin=1", 403],
  ["allow admin=0", "x;admin=0", 403],
  ["allow admin=0", "admin=0&x;admin=1", 403],
  ["allow admin=0", "admin=0&x=a;b", 200],
  ["allow admin=0", "admin", 403],
  ["allow admin=0", "", 403],
  ["allow all admin=0", "admin=0&admin=0", 200],
  ["allow all admin=0", "admin=0&admin=1", 403],
  ["allow all admin=0", "", 403],
])("%s: ?%s: %i", async (policy, query, status) => {
  const world = await openRecordingWorld();
  await world.putService(policies[policy]);

  expect((await ask(world, `GET /?${query}`)).status).toBe(status);
  expect(world.seen.map(({ url }) => url)).toEqual(status === 200 ? [`/?${query}`] : []);
});
