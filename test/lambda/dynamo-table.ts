type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string; readonly B?: string }>>;
type Values = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;

/**
 * As much of DynamoDB as one process of Pergola needs: the reads, and transactions with the conditions that the store writes. An
 * expression that it does not know is an error, so that it cannot agree by mistake. What DynamoDB itself promises, `test/aws` tests.
 */
export class DynamoTable {
  readonly #items = new Map<string, Item>();

  run(operation: string, input: Record<string, unknown>): unknown {
    switch (operation.slice(operation.indexOf(".") + 1)) {
      case "GetItem":
        return { Item: this.#items.get(addressOf(input.Key as Item)) };
      case "BatchGetItem":
        return this.#batchGet(input.RequestItems as Record<string, { Keys: Item[] }>);
      case "Query":
        return this.#query(input);
      case "PutItem":
        this.#put(input.Item as Item);
        return {};
      case "TransactWriteItems":
        return this.#transact(input.TransactItems as Record<string, Record<string, unknown>>[]);
      default:
        return { status: 400, body: { __type: "UnknownOperationException" } };
    }
  }

  #put(item: Item): void {
    this.#items.set(addressOf(item), item);
  }

  #batchGet(requests: Record<string, { Keys: Item[] }>): unknown {
    const found = Object.entries(requests).map(([table, { Keys }]) => {
      const items = Keys.map((key) => this.#items.get(addressOf(key))).filter((item) => item !== undefined);
      return [table, items] as const;
    });
    return { Responses: Object.fromEntries(found), UnprocessedKeys: {} };
  }

  #query(input: Record<string, unknown>): unknown {
    const values = input.ExpressionAttributeValues as Values;
    const condition = input.KeyConditionExpression;
    if (condition !== "pk = :pk" && condition !== "pk = :pk AND begins_with(sk, :prefix)") return invalid(condition);
    const partition = values[":pk"]?.S;
    const prefix = values[":prefix"]?.S ?? "";
    const start = (input.ExclusiveStartKey as Item | undefined)?.sk?.S;
    const limit = Number(input.Limit);
    const matching = [...this.#items.values()]
      .filter((item) => item.pk?.S === partition && (item.sk?.S ?? "").startsWith(prefix))
      .filter((item) => start === undefined || (item.sk?.S ?? "") > start)
      .sort((a, b) => Buffer.compare(Buffer.from(a.sk?.S ?? ""), Buffer.from(b.sk?.S ?? "")));
    const page = matching.slice(0, limit);
    const now = Number(values[":now"]?.N);
    const last = matching.length > limit ? page.at(-1) : undefined;
    return {
      Items: page.filter((item) => item.expiresAt === undefined || Number(item.expiresAt.N) > now),
      ...(last && { LastEvaluatedKey: { pk: last.pk, sk: last.sk } }),
    };
  }

  #transact(actions: readonly Record<string, Record<string, unknown>>[]): unknown {
    const steps = actions.map((action) => {
      const [[kind, details] = ["", {}]] = Object.entries(action) as [string, Record<string, unknown>][];
      return { kind, details, key: addressOf((details.Key ?? details.Item) as Item) };
    });
    const reasons = steps.map(({ details, key }) => this.#holds(key, details));
    if (reasons.some((holds) => !holds)) {
      const CancellationReasons = reasons.map((holds) => ({ Code: holds ? "None" : "ConditionalCheckFailed" }));
      const message = "Transaction cancelled";
      return {
        status: 400,
        body: { __type: "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", message, CancellationReasons },
      };
    }
    for (const { kind, details, key } of steps) {
      if (kind === "Put") this.#put(details.Item as Item);
      else if (kind === "Delete") this.#items.delete(key);
      else if (kind !== "ConditionCheck") return invalid(kind);
    }
    return {};
  }

  #holds(key: string, { ConditionExpression, ExpressionAttributeValues }: Record<string, unknown>): boolean {
    const item = this.#items.get(key);
    const values = (ExpressionAttributeValues ?? {}) as Values;
    const isOver = item?.expiresAt !== undefined && Number(item.expiresAt.N) <= Number(values[":now"]?.N);
    switch (ConditionExpression) {
      case undefined:
        return true;
      case "attribute_not_exists(parts)":
        return item?.parts === undefined;
      case "attribute_not_exists(pk) OR expiresAt <= :now":
        return item === undefined || isOver;
      case "version = :version AND (attribute_not_exists(expiresAt) OR expiresAt > :now)":
        return item?.version?.S === values[":version"]?.S && !isOver;
      default:
        throw new Error(`unknown condition \`${String(ConditionExpression)}\``);
    }
  }
}

function addressOf(item: Item): string {
  return `${item.pk?.S}\0${item.sk?.S}`;
}

function invalid(what: unknown): unknown {
  return { status: 400, body: { __type: "ValidationException", message: `unknown: ${String(what)}` } };
}
