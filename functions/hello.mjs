/** An example function: `arn:aws:lambda:us-west-2:123456789012:function:hello` as a target of a local Pergola. */
export async function handler() {
  return {
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify("Hello from the function"),
  };
}
