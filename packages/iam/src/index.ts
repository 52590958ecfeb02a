export * from "./auth-context.ts";
export * from "./credential.ts";
export * from "./principal.ts";
