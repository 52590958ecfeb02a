import { describeController } from "../gateway-controller/describe-controller.ts";
import { startClientProgram } from "./api-client.ts";
import { goProgram } from "./go-program.ts";

// The controller is written in Go: what is nil and what is empty there differs from other languages.
describeController("aws-sdk-go-v2", async ({ settings }) =>
  startClientProgram("aws-sdk-go-v2", [await goProgram(new URL("go", import.meta.url).pathname)], settings),
);
