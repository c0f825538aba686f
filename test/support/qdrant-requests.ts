/** Requests to a Qdrant server that a test makes beside the product. */
import { z } from 'zod';

const answer = z.object({ result: z.unknown() });

/** The `result` of the answer; an answer that is no success rejects. */
export async function askQdrant(url: string, method: string, path: string, body?: object): Promise<unknown> {
  const key = process.env.QDRANT_API_KEY;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(key !== undefined && { 'api-key': key }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return answer.parse(JSON.parse(text)).result;
}

export async function removeCollection(url: string, name: string): Promise<void> {
  await askQdrant(url, 'DELETE', `/collections/${encodeURIComponent(name)}`);
}

/** All points, the one that holds the state included. */
export async function countPoints(url: string, name: string): Promise<number> {
  const path = `/collections/${encodeURIComponent(name)}/points/count`;
  return z.object({ count: z.number() }).parse(await askQdrant(url, 'POST', path, { exact: true })).count;
}
