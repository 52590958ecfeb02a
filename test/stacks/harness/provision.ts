import { CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateTableCommand, UpdateTimeToLiveCommand } from "@aws-sdk/client-dynamodb";
import { CreateKeyCommand } from "@aws-sdk/client-kms";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { region } from "./account.ts";
import type { AwsClients } from "./aws-clients.ts";
import { type Graph, ofType } from "./graph.ts";

/**
 * Makes what functions use of a deployment, as the graph asks for it: tables, queues, keys and log groups.
 * @param endpoint where the queues are reached, in place of AWS's own host
 * @returns what becomes of a variable of a function: AWS alone gives keys their ids, and queues their host
 */
export async function provision(
  graph: Graph,
  clients: AwsClients,
  endpoint: string,
): Promise<(variable: string) => string> {
  await makeTables(graph, clients);
  await makeQueues(graph, clients);
  for (const { inputs } of ofType(graph, "aws:cloudwatch/logGroup:LogGroup"))
    await clients.logs.send(new CreateLogGroupCommand({ logGroupName: inputs.name }));
  const given = new Map([[`https://sqs.${region}.amazonaws.com`, endpoint]]);
  for (const { id } of ofType(graph, "aws:kms/key:Key")) {
    const { KeyMetadata } = await clients.kms.send(new CreateKeyCommand({}));
    given.set(`:key/${id}`, `:key/${KeyMetadata?.KeyId}`);
  }
  return (variable) => [...given].reduce((value, [from, to]) => value.replace(from, to), variable);
}

async function makeTables(graph: Graph, { dynamo }: AwsClients): Promise<void> {
  for (const { inputs } of ofType(graph, "aws:dynamodb/table:Table")) {
    const attributes = inputs.attributes as readonly { name: string; type: "S" | "N" | "B" }[];
    await dynamo.send(
      new CreateTableCommand({
        TableName: inputs.name,
        AttributeDefinitions: attributes.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
        KeySchema: [
          { AttributeName: inputs.hashKey, KeyType: "HASH" },
          { AttributeName: inputs.rangeKey, KeyType: "RANGE" },
        ],
        BillingMode: inputs.billingMode,
      }),
    );
    const TimeToLiveSpecification = { AttributeName: inputs.ttl.attributeName, Enabled: inputs.ttl.enabled };
    await dynamo.send(new UpdateTimeToLiveCommand({ TableName: inputs.name, TimeToLiveSpecification }));
  }
}

async function makeQueues(graph: Graph, { sqs }: AwsClients): Promise<void> {
  for (const { inputs } of ofType(graph, "aws:sqs/queue:Queue")) {
    const Attributes = {
      VisibilityTimeout: String(inputs.visibilityTimeoutSeconds),
      MessageRetentionPeriod: String(inputs.messageRetentionSeconds),
      ...(inputs.redrivePolicy === undefined ? {} : { RedrivePolicy: inputs.redrivePolicy }),
    };
    await sqs.send(new CreateQueueCommand({ QueueName: inputs.name, Attributes }));
  }
}
