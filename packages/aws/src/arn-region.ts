/** Only what looks like a region becomes part of a host name that we send credentials to. */
const regionPattern = /^[a-z]{2}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;

/** @returns the region in an ARN, or undefined where there is none */
export function arnRegion(arn: string): string | undefined {
  const region = arn.split(":", 4)[3] ?? "";
  return regionPattern.test(region) ? region : undefined;
}
