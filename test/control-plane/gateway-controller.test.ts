import { createJsClient } from "../clients/js-client.ts";
import { describeController } from "../gateway-controller/describe-controller.ts";

describeController("the AWS SDK for JavaScript", async ({ settings }) => createJsClient(settings));
