import type { OidcProvider } from "@pergola/iam";
import type { StrictReader } from "./strict-reader.ts";

/** Keys fetched over plain HTTP could be anybody's, but for a provider on this machine. */
const url =
  /^(?:https:\/\/[A-Za-z0-9.:-]{1,253}|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?)(?:\/[!-~]{0,1024})?$/;
const urlRule = "be an https URL (http only for localhost)";

/** @returns the providers of `oidcProviders`, after noting what is wrong with the others */
export function readOidcProviders(reader: StrictReader, value: unknown): OidcProvider[] {
  return reader.array(value, "oidcProviders", 100).flatMap((entry, index) => {
    const path = `oidcProviders[${index}]`;
    const members = reader.object(entry, path, ["issuer", "audiences", "jwksUri"]);
    if (members === undefined) return [];
    const issuer = reader.text(members.issuer, `${path}.issuer`, url, urlRule);
    const audiences = reader
      .array(members.audiences, `${path}.audiences`, 100)
      .flatMap(
        (one, i) =>
          reader.text(one, `${path}.audiences[${i}]`, /^[!-~]{1,255}$/, "be printable characters without spaces") ?? [],
      );
    if (audiences.length === 0)
      reader.reject(
        `${path}.audiences`,
        "must have at least one client id: any token of the issuer would do otherwise",
      );
    const jwksUri =
      members.jwksUri === undefined ? undefined : reader.text(members.jwksUri, `${path}.jwksUri`, url, urlRule);
    return issuer === undefined ? [] : [{ issuer, audiences, ...(jwksUri === undefined ? {} : { jwksUri }) }];
  });
}
