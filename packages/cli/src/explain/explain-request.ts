/** The request that is asked about, as `POST /pergola/explain` takes it. */
export interface ExplainRequest {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly as: string;
  readonly from?: string;
  readonly sourceIp?: string;
  readonly port?: number;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}
