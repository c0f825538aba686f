/** Whether a text is one whole value of JSON; what somebody is still writing is not. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
