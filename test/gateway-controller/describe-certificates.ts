import { expect, it } from "vitest";
import { makeCertificate } from "../harness/certificates.ts";
import { callJson } from "../harness/json-api.ts";
import { type Cloud, untilDone } from "./cloud.ts";
import { reconcileRoute } from "./reconcile.ts";
import { httpRoute, newCluster, runOf, type Scene } from "./scene.ts";

interface Summary {
  readonly CertificateArn: string;
  readonly DomainName: string;
  readonly SubjectAlternativeNameSummaries?: readonly string[];
  /** A time as the client shows it. */
  readonly ImportedAt?: string;
}

/** @returns the issued certificate that fits a host name: an exact one before a wildcard of one label, the newest of each */
async function discover(cloud: Cloud, hostname: string): Promise<string | undefined> {
  const certificates: Summary[] = [];
  for (let NextToken: unknown; ; ) {
    const more = NextToken === undefined ? {} : { NextToken };
    const page = await cloud.ask("acm", "ListCertificates", { CertificateStatuses: ["ISSUED"], MaxItems: 2, ...more });
    certificates.push(...(page.CertificateSummaryList as Summary[]));
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
  }
  const wildcard = `*${hostname.slice(hostname.indexOf("."))}`;
  const newest = (name: string): Summary | undefined =>
    certificates
      .filter(({ SubjectAlternativeNameSummaries: names = [], DomainName }) => [...names, DomainName].includes(name))
      .sort((a, b) => Date.parse(b.ImportedAt ?? "") - Date.parse(a.ImportedAt ?? ""))[0];
  return (newest(hostname) ?? newest(wildcard))?.CertificateArn;
}

export function describeCertificates(scene: () => Scene): void {
  const importOne = async (names: readonly string[], to?: number): Promise<string> => {
    const { certificate, privateKey } = await makeCertificate(names, to === undefined ? {} : { from: -30, to });
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const { json } = await callJson(scene().world.settings.endpoint, "CertificateManager.ImportCertificate", {
      Certificate: base64(certificate),
      PrivateKey: base64(privateKey),
    });
    return String(json.CertificateArn);
  };

  it("for a route's host name is found over all pages of ACM's list, and becomes the service's", async () => {
    const cloud = newCluster(scene());
    const domain = `${runOf(cloud)}.example.com`;
    const wildcard = await importOne([`*.${domain}`]);
    const exact = await importOne([`main.${domain}`, `shop.${domain}`]);
    await importOne([`other.${domain}`]);

    expect(await discover(cloud, `shop.${domain}`)).toBe(exact);
    expect(await discover(cloud, `cart.${domain}`)).toBe(wildcard);
    expect(await discover(cloud, `a.b.${domain}`)).toBeUndefined();
    const route = httpRoute(cloud, {
      hostname: `shop.${domain}`,
      certificateArn: exact,
      listeners: [{ port: 443, protocol: "HTTPS" }],
    });
    await untilDone(() => reconcileRoute(cloud, route));
    const made = await untilDone(() => reconcileRoute(cloud, { ...route, certificateArn: wildcard }));

    const service = await cloud.call("GetService", { serviceIdentifier: made.service.id });
    expect(service).toMatchObject({ customDomainName: `shop.${domain}`, certificateArn: wildcard });
  });
}
