/** A request as it goes over the wire; each signer has to sign it in its own way. */
export interface SignerCase {
  readonly name: string;
  readonly method: string;
  /** Raw. */
  readonly path: string;
  /** Raw, without `?`. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
}

const plain = { method: "GET", path: "/a/b", query: "", headers: {} };

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

const paths = {
  root: "/",
  "trailing slash": "/a/",
  "unreserved characters": "/a-b_c.d~e",
  "encoded space": "/a%20b",
  "encoded slash": "/a%2Fb",
  "encoded slash in lower case": "/a%2fb",
  "encoded percent": "/a%25b",
  "encoded UTF-8": "/caf%C3%A9",
  "reserved characters": "/a:b@c,d;e=f",
  plus: "/a+b",
  "leading slashes": "//a",
  "empty segments": "/a///b",
  "dots within a segment": "/a..b/...c",
};

const queries = {
  "a name only": "a",
  "an empty value": "a=",
  "names out of order": "b=2&a=1&C=3",
  "a repeated name": "a=2&a=1&a=10",
  "names that sort differently with their values": "a-=1&a=2&a.b=3",
  "an encoded space": "a=b%20c",
  "encoded reserved characters": "a=%2F%3D%26%3F",
  "encoded UTF-8": "a=%C3%A9&%C3%A9=a",
  "reserved characters": "a=x:y/z@,;",
  plus: "a=b+c",
  "an encoded plus": "a=b%2Bc",
  "an `=` in a value": "a=b=c",
};

const headers = {
  "runs of spaces": { "x-odd": "a   b  c" },
  punctuation: { "x-odd": '"quoted", (comment); a=b:c' },
  "names that sort around x-amz-": { "x-am": "1", "x-amza": "2", "x-b": "3", accept: "*/*" },
};

export const signerCases: readonly SignerCase[] = [
  ...methods.map((method) => ({ ...plain, name: `method ${method}`, method })),
  ...Object.entries(paths).map(([name, path]) => ({ ...plain, name: `path with ${name}`, path })),
  ...Object.entries(queries).map(([name, query]) => ({ ...plain, name: `query with ${name}`, query })),
  ...Object.entries(headers).map(([name, some]) => ({ ...plain, name: `headers with ${name}`, headers: some })),
];

/** The signers of most SDKs resolve dot segments before signing; a signature counts for the path as sent only. */
export const dotSegments: SignerCase = { ...plain, name: "path with dot segments", path: "/public/../a" };
