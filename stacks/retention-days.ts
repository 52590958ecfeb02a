import type { LogRetention } from "./deploy-settings.ts";

/** Days as CloudWatch Logs takes them. Source: PutRetentionPolicy API reference, read 2026-11. */
export const retentionDays: Readonly<Record<LogRetention, number>> = {
  "1 week": 7,
  "2 weeks": 14,
  "1 month": 30,
  "3 months": 90,
  "6 months": 180,
  "1 year": 365,
  "2 years": 731,
  "5 years": 1827,
};
