/** The function of the demo, used where the functions directory has no `hello` of its own. */
export async function handler() {
  return {
    statusCode: 200,
    headers: { "content-type": "text/plain" },
    body: "Hello from the function",
  };
}
