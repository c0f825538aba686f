/**
 * `/api/<operation>`: runs any operation with JSON input and output, for programs that do not use MCP. Reads also accept
 * GET with a query string. Operations that change something require POST.
 */
import { invoke, type OpenScope, type Operation } from '../../operation/operation.ts';
import type { ObserveCall } from '../observe-calls.ts';
import type { BodyBudget } from './body-budget.ts';
import { HttpError, methodNotAllowed } from './http-error.ts';
import { parseQueryInput } from './query-input.ts';
import { readJson } from './request-body.ts';

export interface ApiCall {
  readonly request: Request;
  readonly operation: Operation;
  readonly openScope: OpenScope;
  readonly observeCall: ObserveCall;
  readonly budget: BodyBudget;
}

/** Finds the operation by name. Fails with 404 if there is none, with 405 if it does not support the method. */
export function findOperation(request: Request, name: string, operations: readonly Operation[]): Operation {
  const operation = operations.find((candidate) => candidate.name === name);
  if (operation === undefined) {
    throw new HttpError(404, 'not_found', 'There is no such operation', {
      hint: `Available operations: ${operations.map((candidate) => candidate.name).join(', ')}.`,
    });
  }
  const methods = operation.effect === 'read' ? ['GET', 'HEAD', 'POST'] : ['POST'];
  if (!methods.includes(request.method)) throw methodNotAllowed(request.method, `/api/${name}`, methods);
  return operation;
}

export async function callApi({ request, operation, openScope, observeCall, budget }: ApiCall): Promise<Response> {
  let input: unknown;
  const result = await observeCall({ operation, source: 'api', input: () => input }, async () => {
    input =
      request.method === 'POST'
        ? await readJson(request, budget)
        : parseQueryInput(operation, new URL(request.url).searchParams);
    return invoke(operation, input, openScope, request.signal);
  });
  return Response.json({ result });
}
