export { createLambdaInvoker, type LambdaInvokerOptions } from "./lambda-endpoint-invoker.ts";
