import { owners, resourceArn, type TargetGroup } from "@pergola/core";
import { oneOf, required } from "../constraint.ts";
import { clientToken, resourceName, tags } from "../field-constraints.ts";
import { newResource } from "../lifecycle.ts";
import { operation } from "../operation.ts";
import { countNew } from "../quota.ts";
import { claimName } from "../unique-name.ts";
import { configMembers, resolveConfig } from "./target-group-config.ts";
import { targetGroupView } from "./target-group-view.ts";

/** CreateTargetGroup. Names are unique in account and region; what `config` may hold depends on the type. */
export const createTargetGroup = operation(
  {
    name: resourceName(128, "tg-"),
    type: required(oneOf("IP", "LAMBDA", "INSTANCE", "ALB")),
    config: configMembers,
    clientToken,
    tags,
  },
  async (input, context) => {
    const { caller, tx } = context;
    const config = resolveConfig(input.type, input.config);
    const id = context.newId("tg");
    await claimName(context, "TargetGroup", input.name, id);
    await countNew(
      context,
      "targetGroups",
      "TARGET_GROUP",
      async () => (await tx.all(owners.targetGroups(caller))).length,
    );
    const group: TargetGroup = {
      ...newResource(context, id, resourceArn(caller, "tg", id), input.tags),
      name: input.name,
      type: input.type,
      ...(config === undefined ? {} : { config }),
    };
    tx.create({ owner: owners.targetGroups(group), id }, group);
    return { ...targetGroupView(group, context.now), status: "CREATE_IN_PROGRESS" };
  },
);
