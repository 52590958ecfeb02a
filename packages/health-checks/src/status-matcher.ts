const part = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/;

/**
 * @param httpCode a matcher as in the API: `200`, `200,202` or `200-299`, or several of these
 * @param status of an answer
 * @returns true when the status is among them; a part of the matcher that is neither form matches nothing
 */
export function matchesStatus(httpCode: string, status: number): boolean {
  return httpCode.split(",").some((text) => {
    const match = part.exec(text.trim());
    if (match === null) return false;
    const from = Number(match[1]);
    return status >= from && status <= Number(match[2] ?? from);
  });
}
