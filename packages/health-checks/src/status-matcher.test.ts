import { expect, it } from "vitest";
import { matchesStatus } from "./status-matcher.ts";

it.each([
  { httpCode: "200", yes: [200], no: [201, 404, 20, 2000] },
  { httpCode: "200,202", yes: [200, 202], no: [201] },
  { httpCode: "200-299", yes: [200, 250, 299], no: [199, 300] },
  { httpCode: "200-204,301, 404", yes: [200, 204, 301, 404], no: [205, 302] },
  { httpCode: "299-200", yes: [], no: [200, 250, 299] },
  { httpCode: "", yes: [], no: [0, 200] },
  { httpCode: "abc,2xx,200-", yes: [], no: [200] },
])("the matcher `$httpCode` takes just $yes", ({ httpCode, yes, no }) => {
  for (const status of yes) expect(matchesStatus(httpCode, status)).toBe(true);
  for (const status of no) expect(matchesStatus(httpCode, status)).toBe(false);
});
