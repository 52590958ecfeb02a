/** What a start costs before anything is done in it. */
export async function handler(): Promise<{ statusCode: number }> {
  return { statusCode: 404 };
}
