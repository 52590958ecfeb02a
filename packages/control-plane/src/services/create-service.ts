import { generatedDnsName, owners, resourceArn, type Service } from "@pergola/core";
import { oneOf, text } from "../constraint.ts";
import { clientToken, resourceName, tags } from "../field-constraints.ts";
import { newResource } from "../lifecycle.ts";
import { operation } from "../operation.ts";
import { countNew } from "../quota.ts";
import { claimName } from "../unique-name.ts";
import {
  certificateArn,
  defaultIdleTimeoutSeconds,
  domainKey,
  hostedZoneId,
  idleTimeoutSeconds,
  serviceKeyOf,
} from "./service-members.ts";
import { serviceView } from "./service-view.ts";

const customDomainName = text({
  min: 3,
  max: 255,
  pattern: /^(?=.{3,253}$)(?:\*\.)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i,
  form: "a domain name",
});

/** CreateService. Names are unique in account and region. */
export const createService = operation(
  {
    name: resourceName(40, "svc-"),
    clientToken,
    tags,
    customDomainName,
    certificateArn,
    authType: oneOf("NONE", "AWS_IAM"),
    idleTimeoutSeconds,
  },
  async (input, context) => {
    const { caller, settings, tx } = context;
    const id = context.newId("svc");
    await claimName(context, "Service", input.name, id);
    await countNew(context, "services", "SERVICE", async () => (await tx.all(owners.services(caller))).length);
    const domainName = generatedDnsName(input.name, id, caller.region, settings.domain);
    const service: Service = {
      ...newResource(context, id, resourceArn(caller, "svc", id), input.tags),
      name: input.name,
      authType: input.authType ?? "NONE",
      idleTimeoutSeconds: input.idleTimeoutSeconds ?? defaultIdleTimeoutSeconds,
      ...(input.customDomainName === undefined ? {} : { customDomainName: input.customDomainName.toLowerCase() }),
      ...(input.certificateArn === undefined ? {} : { certificateArn: input.certificateArn }),
      dnsEntry: { domainName, hostedZoneId: hostedZoneId(caller.region) },
    };
    tx.create(serviceKeyOf(service), service);
    if (service.customDomainName !== undefined) tx.create(domainKey(service.customDomainName, id), { id });
    tx.touchService(service);
    return { ...serviceView(service, context.now), status: "CREATE_IN_PROGRESS" };
  },
);
