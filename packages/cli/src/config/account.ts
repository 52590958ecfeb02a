import { type Api, ApiFailure } from "../api/api.ts";
import { listAll } from "../api/call-and-print.ts";
import type { Json, Tags } from "./document.ts";
import type { Item } from "./item.ts";

/** A resource as the API has it. */
export interface Reference {
  readonly id: string;
  readonly arn: string;
}

/** What an account has, in the form of a file, and where each of it is. */
export interface Account {
  /** A parent before its parts. */
  readonly items: readonly Item[];
  readonly references: ReadonlyMap<string, Reference>;
}

/** An answer of a Get or List operation. */
export interface Answer extends Json {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
}

/** Reads of the API that the readers of an account share. */
export interface AccountReader {
  list(path: string): Promise<readonly Answer[]>;
  get(path: string): Promise<Answer>;
  /** @returns undefined where there is none */
  find(path: string): Promise<Json | undefined>;
  tags(arn: string): Promise<Tags>;
}

/** @returns the reads of an account */
export function accountReader(api: Api): AccountReader {
  return {
    list: (path) => listAll<Answer>(api, path),
    get: async (path) => (await api.call("GET", path)) as Answer,
    async find(path) {
      try {
        return (await api.call("GET", path)) as Json;
      } catch (error) {
        if (error instanceof ApiFailure && error.code === "ResourceNotFoundException") return undefined;
        throw error;
      }
    },
    async tags(arn) {
      const answer = (await api.call("GET", `/tags/${encodeURIComponent(arn)}`)) as { readonly tags?: Tags };
      return answer.tags ?? {};
    },
  };
}
