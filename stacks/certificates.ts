import type { DeploySettings, DomainSettings } from "./deploy-settings.ts";
import { serviceDomain } from "./service-domain.ts";

/** CloudFront takes certificates from there only. */
const edgeRegion = "us-east-1";

/**
 * One certificate for CloudFront and one for load balancers, both for all service names. The domain's own name comes first, since a
 * certificate's first name has at most 64 characters and the wildcard may be longer. Source: RequestCertificate API reference,
 * read 2026-11.
 */
export function certificates({ region }: DeploySettings, domain: DomainSettings) {
  const wildcard = `*.${serviceDomain(region, domain.name)}`;
  const names = [wildcard, ...(domain.customNames ?? [])];
  const edgeCertificate = certificate("EdgeCertificate", edgeRegion);
  const regional = region === edgeRegion ? edgeCertificate : certificate("RegionalCertificate", region);
  const records = validationRecords(edgeCertificate, domain.zoneId);
  const edgeArn = validated("EdgeCertificateValidation", edgeCertificate, edgeRegion);
  const regionalArn = region === edgeRegion ? edgeArn : validated("RegionalCertificateValidation", regional, region);
  return { domain, wildcard, names, edgeArn, regionalArn };

  function certificate(name: string, at: string) {
    return new aws.acm.Certificate(name, {
      region: at,
      domainName: domain.name,
      subjectAlternativeNames: names,
      validationMethod: "DNS",
    });
  }

  function validated(name: string, { arn }: aws.acm.Certificate, at: string) {
    const args = {
      region: at,
      certificateArn: arn,
      validationRecordFqdns: records.apply((all) => $util.all(all.map(({ fqdn }) => fqdn))),
    };
    return new aws.acm.CertificateValidation(name, args).certificateArn;
  }
}

/** ACM asks for the same record in every region, and for the same one for a wildcard and its parent. */
function validationRecords({ domainValidationOptions }: aws.acm.Certificate, zoneId: string) {
  return domainValidationOptions.apply((options) => {
    const byName = new Map(options.map((option) => [option.resourceRecordName, option]));
    return [...byName.values()].map(
      ({ resourceRecordName: name, resourceRecordType: type, resourceRecordValue: value, domainName }) =>
        new aws.route53.Record(`CertificateRecord-${domainName.replace(/^\*\./, "")}`, {
          zoneId,
          name,
          type,
          records: [value],
          ttl: 300,
        }),
    );
  });
}

export type Certified = ReturnType<typeof certificates>;
