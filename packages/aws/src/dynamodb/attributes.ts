/** An item as DynamoDB's API has it. Bytes are base64 text where the JSON was read without the SDK. */
export interface Attributes {
  readonly [name: string]: AttributeValue | undefined;
}

export interface AttributeValue {
  readonly S?: string;
  readonly N?: string;
  readonly B?: Uint8Array | string;
}

/** The address of an item in the table. A type, not an interface: the SDK's index signatures ask for one. */
export type ItemKey = {
  readonly pk: { readonly S: string };
  readonly sk: { readonly S: string };
};

/** @returns the address in the API's form */
export function itemKey(pk: string, sk: string): ItemKey {
  return { pk: { S: pk }, sk: { S: sk } };
}

/** @returns the text of an attribute; `""` where there is none */
export function textOf(item: Attributes, name: string): string {
  return item[name]?.S ?? "";
}

/** @returns the number in an attribute, or undefined where there is none */
export function numberOf(item: Attributes, name: string): number | undefined {
  const text = item[name]?.N;
  return text === undefined ? undefined : Number(text);
}

/** @returns the bytes of an attribute, or undefined where there are none */
export function bytesOf(item: Attributes, name: string): Uint8Array | undefined {
  const bytes = item[name]?.B;
  return typeof bytes === "string" ? Buffer.from(bytes, "base64") : bytes;
}
