import { conflict } from "@pergola/core";
import { required } from "../constraint.ts";
import { operation } from "../operation.ts";
import { certificateArnConstraint, findCertificate, servicesByCertificate } from "./find-certificate.ts";

/** DeleteCertificate: refused while a service names it. */
export const deleteCertificate = operation(
  { CertificateArn: required(certificateArnConstraint) },
  async (input, context) => {
    const { key, value } = await findCertificate(context, input.CertificateArn);
    const [user] = (await servicesByCertificate(context)).get(value.arn) ?? [];
    if (user !== undefined) {
      const message = `certificate \`${value.arn}\` is in use by ${user}; give the service another one or delete it first`;
      throw conflict("SERVICE", user, message);
    }
    context.tx.delete(key);
    return {};
  },
);
