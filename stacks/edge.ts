import type { Certified } from "./certificates.ts";

/** AWS's policies. Source: CloudFront developer guide, "Use managed cache policies", read 2026-11. */
const cachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

/**
 * CloudFront in front of the router's URL, for names and certificates: nothing else of it is wanted. It writes the name that the
 * client asked for into X-Forwarded-Host, whatever the client had sent there.
 */
export function edge({ domain, wildcard, edgeArn }: Certified, { url }: sst.aws.Function): sst.aws.Router {
  return new sst.aws.Router("Edge", {
    domain: {
      name: domain.name,
      aliases: [wildcard, ...(domain.customNames ?? [])],
      cert: edgeArn,
      dns: sst.aws.dns({ zone: domain.zoneId }),
    },
    routes: { "/*": { url, cachePolicy: cachingDisabled } },
    transform: {
      cdn: (args) => {
        args.defaultCacheBehavior = $resolve([args.defaultCacheBehavior]).apply(([behavior]) => ({
          ...behavior,
          // A cached answer would go to clients whom policies deny; a compressed one is not what the target sent; and what is
          // redirected has already been sent in the clear.
          cachePolicyId: cachingDisabled,
          compress: false,
          viewerProtocolPolicy: "https-only",
        }));
        args.origins = $resolve([args.origins]).apply(([origins]) =>
          origins.map((origin) => ({
            ...origin,
            // CloudFront's maximum without a raised quota: time to the first byte, and between two.
            customOriginConfig: origin.customOriginConfig && { ...origin.customOriginConfig, originReadTimeout: 60 },
          })),
        );
      },
    },
  });
}
