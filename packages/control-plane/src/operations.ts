import type { Operation } from "./operation.ts";
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
};
