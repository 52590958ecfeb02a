import { expect } from "vitest";
import { aTime, type Lifecycle } from "./lifecycle.ts";
import type { Step } from "./step.ts";

const dnsEntry = {
  domainName: expect.stringMatching(/^[a-z0-9-]+-0[0-9a-f]{16}\.7d67968\.vpc-lattice-svcs\.us-west-2\.localhost$/),
  hostedZoneId: expect.stringMatching(/^Z[0-9A-Z]+$/),
};

const policy = (effect: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: effect, Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: "*" }],
  });

const resourceIdentifier = "{service.arn}";

const authPolicy: readonly Step[] = [
  { call: "GetAuthPolicy", with: { resourceIdentifier }, lacks: ["policy", "state"] },
  { call: "PutAuthPolicy", with: { resourceIdentifier, policy: policy("Allow") }, gives: { state: "Active" } },
  {
    call: "GetAuthPolicy",
    with: { resourceIdentifier: "{service.id}" },
    gives: { policy: policy("Allow"), state: "Active", createdAt: aTime, lastUpdatedAt: aTime },
  },
  { call: "PutAuthPolicy", with: { resourceIdentifier, policy: policy("Deny") }, gives: { policy: policy("Deny") } },
  { call: "GetAuthPolicy", with: { resourceIdentifier }, gives: { policy: policy("Deny") } },
  {
    call: "UpdateService",
    with: { serviceIdentifier: "{service.id}", authType: "NONE" },
    gives: { authType: "NONE" },
  },
  { call: "GetAuthPolicy", with: { resourceIdentifier }, gives: { state: "Inactive" } },
  {
    call: "PutAuthPolicy",
    with: { resourceIdentifier, policy: '{"Statement":[{"Effect":"Perhaps"}]}' },
    fails: {
      type: "ValidationException",
      members: { reason: "fieldValidationFailed", fieldList: expect.arrayContaining([expect.anything()]) },
    },
  },
  { call: "DeleteAuthPolicy", with: { resourceIdentifier } },
  { call: "GetAuthPolicy", with: { resourceIdentifier }, lacks: ["policy", "state"] },
];

const sharedWith = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::{otherAccount}:root" },
      Action: ["vpc-lattice:CreateServiceNetworkServiceAssociation", "vpc-lattice:GetService"],
      Resource: "{service.arn}",
    },
  ],
});

const resourcePolicy: readonly Step[] = [
  {
    call: "GetResourcePolicy",
    with: { resourceArn: "{service.arn}" },
    fails: { type: "ResourceNotFoundException", members: { resourceType: "RESOURCE_POLICY" } },
  },
  {
    call: "GetService",
    with: { serviceIdentifier: "{service.arn}" },
    as: "other",
    fails: { type: "AccessDeniedException" },
  },
  { call: "PutResourcePolicy", with: { resourceArn: "{service.arn}", policy: sharedWith } },
  { call: "GetResourcePolicy", with: { resourceArn: "{service.arn}" }, gives: { policy: sharedWith } },
  { call: "GetService", with: { serviceIdentifier: "{service.arn}" }, as: "other", gives: { id: "{service.id}" } },
  {
    call: "ListTagsForResource",
    with: { resourceArn: "{service.arn}" },
    as: "other",
    fails: { type: "AccessDeniedException" },
  },
  { call: "DeleteResourcePolicy", with: { resourceArn: "{service.arn}" } },
  {
    call: "GetService",
    with: { serviceIdentifier: "{service.id}" },
    as: "other",
    fails: {
      type: "ResourceNotFoundException",
      members: { resourceType: "SERVICE", resourceId: "{service.id}" },
    },
  },
];

const mistakes: readonly Step[] = [
  {
    call: "CreateService",
    with: { name: "Not_A_Name", customDomainName: "not a domain" },
    fails: {
      type: "ValidationException",
      members: {
        reason: "fieldValidationFailed",
        fieldList: expect.arrayContaining([
          expect.objectContaining({ name: "name" }),
          expect.objectContaining({ name: "customDomainName" }),
        ]),
      },
    },
  },
  {
    call: "GetService",
    with: { serviceIdentifier: "orders-of-today-and-tomorrow" },
    fails: { type: "ValidationException", members: { fieldList: [{ name: "serviceIdentifier" }] } },
  },
];

const certificateArn = "arn:aws:acm:us-west-2:{account}:certificate/01234567-89ab-cdef-0123-456789abcdef";

export const service: Lifecycle = {
  kind: "a service",
  name: "service",
  type: "SERVICE",
  create: {
    call: "CreateService",
    with: { name: "orders-{run}", authType: "AWS_IAM", customDomainName: "orders.{run}.example.com" },
    gives: { name: "orders-{run}", authType: "AWS_IAM", dnsEntry },
  },
  id: /^svc-0[0-9a-f]{16}$/,
  unique: true,
  settles: true,
  get: { call: "GetService", with: { serviceIdentifier: "{service.id}" } },
  shows: {
    name: "orders-{run}",
    authType: "AWS_IAM",
    customDomainName: "orders.{run}.example.com",
    dnsEntry,
    lastUpdatedAt: aTime,
  },
  hides: ["certificateArn", "failureCode", "failureMessage", "tags"],
  list: { call: "ListServices", with: {} },
  listed: { name: "orders-{run}", customDomainName: "orders.{run}.example.com", dnsEntry },
  updates: [
    {
      step: {
        call: "UpdateService",
        with: { serviceIdentifier: "{service.id}", certificateArn },
        gives: { id: "{service.id}", certificateArn, authType: "AWS_IAM" },
        lacks: ["status", "createdAt", "lastUpdatedAt"],
      },
      shows: { certificateArn, authType: "AWS_IAM", customDomainName: "orders.{run}.example.com" },
    },
  ],
  meanwhile: [...authPolicy, ...resourcePolicy, ...mistakes],
  remove: { call: "DeleteService", with: { serviceIdentifier: "{service.id}" } },
};
