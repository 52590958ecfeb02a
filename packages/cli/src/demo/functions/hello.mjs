/** The function of the demo, used where the functions directory has no `hello` of its own. */
export async function handler() {
  return {
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify("Hello from the function"),
  };
}
