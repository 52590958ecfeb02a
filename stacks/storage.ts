/** The one table: `tableDefinition` of `packages/aws` says how it has to be, and a test compares. */
export function storage() {
  const table = new sst.aws.Dynamo("Store", {
    fields: { pk: "string", sk: "string" },
    primaryIndex: { hashKey: "pk", rangeKey: "sk" },
    ttl: "expiresAt",
    deletionProtection: $app.stage === "production",
    transform: {
      table: (args) => {
        args.billingMode = "PAY_PER_REQUEST";
        args.pointInTimeRecovery = { enabled: true };
        args.serverSideEncryption = { enabled: true };
      },
    },
  });
  return { table };
}

export type Table = ReturnType<typeof storage>["table"];
