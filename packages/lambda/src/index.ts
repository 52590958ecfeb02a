export { type Api, type ApiPorts, createApi } from "./api.ts";
export { runVerificationRound } from "./domains/verification-round.ts";
export { type AlbEvent, readAlbEvent } from "./events/alb-event.ts";
export type { EventReading, EventRequest } from "./events/event-request.ts";
export { type FunctionUrlEvent, readFunctionUrlEvent } from "./events/function-url-event.ts";
export { type CheckRoundPorts, runCheckRound } from "./health/check-round.ts";
export { deliverMessages, type QueueMessage } from "./records/deliver-messages.ts";
export {
  createRecordOutbox,
  type RecordOutbox,
  type RecordOutboxPorts,
  type RecordQueue,
} from "./records/record-outbox.ts";
export { createRouter, type Router, type RouterPorts } from "./router.ts";
export { type LambdaSettings, LambdaSettingsError, readLambdaSettings } from "./settings.ts";
export { takeLease } from "./store-lease.ts";
export { streamingHandler } from "./streaming-handler.ts";
