import { required } from "../constraint.ts";
import { query } from "../operation.ts";
import { certificateDetail } from "./certificate-view.ts";
import { certificateArnConstraint, findCertificate, servicesByCertificate } from "./find-certificate.ts";

const members = { CertificateArn: required(certificateArnConstraint) };

/** DescribeCertificate. */
export const describeCertificate = query(members, async (input, context) => {
  const { value } = await findCertificate(context, input.CertificateArn);
  const users = await servicesByCertificate(context);
  return { Certificate: certificateDetail(value, users.get(value.arn) ?? [], context.now) };
});

/** GetCertificate: the certificate and its chain, never the key. */
export const getCertificate = query(members, async (input, context) => {
  const { value } = await findCertificate(context, input.CertificateArn);
  return { Certificate: value.certificate, CertificateChain: value.chain };
});

/** ListTagsForCertificate. */
export const listTagsForCertificate = query(members, async (input, context) => {
  const { value } = await findCertificate(context, input.CertificateArn);
  return { Tags: Object.entries(value.tags).map(([Key, Value]) => ({ Key, Value })) };
});
