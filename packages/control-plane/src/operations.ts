import { createListener } from "./listeners/create-listener.ts";
import { deleteListener } from "./listeners/delete-listener.ts";
import { getListener } from "./listeners/get-listener.ts";
import { listListeners } from "./listeners/list-listeners.ts";
import { updateListener } from "./listeners/update-listener.ts";
import type { Operation } from "./operation.ts";
import { batchUpdateRule } from "./rules/batch-update-rule.ts";
import { createRule } from "./rules/create-rule.ts";
import { deleteRule } from "./rules/delete-rule.ts";
import { getRule } from "./rules/get-rule.ts";
import { listRules } from "./rules/list-rules.ts";
import { updateRule } from "./rules/update-rule.ts";
import { createService } from "./services/create-service.ts";
import { deleteService } from "./services/delete-service.ts";
import { getService } from "./services/get-service.ts";
import { listServices } from "./services/list-services.ts";
import { updateService } from "./services/update-service.ts";

/** Every operation that Pergola has, by its name in the API. What is missing here answers 501. */
export const operations: Readonly<Record<string, Operation>> = {
  CreateService: createService,
  GetService: getService,
  ListServices: listServices,
  UpdateService: updateService,
  DeleteService: deleteService,
  CreateListener: createListener,
  GetListener: getListener,
  ListListeners: listListeners,
  UpdateListener: updateListener,
  DeleteListener: deleteListener,
  CreateRule: createRule,
  GetRule: getRule,
  ListRules: listRules,
  UpdateRule: updateRule,
  BatchUpdateRule: batchUpdateRule,
  DeleteRule: deleteRule,
};
