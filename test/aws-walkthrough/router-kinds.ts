/** The entries that requests come to. */
export const routerKinds = ["router-stream", "router-buffered", "router-alb"] as const;
export type RouterKind = (typeof routerKinds)[number];
