/**
 * `/api/<operation>`: any operation with JSON in and out, for programs that speak no MCP. Reads may be asked with GET
 * and a query string; everything that changes something is a POST.
 */
import { invoke, type OpenScope, type Operation } from '../../operation/operation.ts';
import type { ObserveCall } from '../observe-calls.ts';
import type { BodyBudget } from './body-budget.ts';
import { HttpError, methodNotAllowed } from './http-error.ts';
import { queryInput } from './query-input.ts';
import { readJson } from './request-body.ts';

export interface ApiCall {
  readonly request: Request;
  readonly operation: Operation;
  readonly openScope: OpenScope;
  readonly observeCall: ObserveCall;
  readonly budget: BodyBudget;
}

/** The operation that a path names; 404 where there is none, 405 where the method is not one of its own. */
export function operationFor(request: Request, name: string, operations: readonly Operation[]): Operation {
  const operation = operations.find((candidate) => candidate.name === name);
  if (operation === undefined) {
    throw new HttpError(404, 'not_found', 'There is no such operation', {
      hint: `There are: ${operations.map((candidate) => candidate.name).join(', ')}.`,
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
        : queryInput(operation, new URL(request.url).searchParams);
    return invoke(operation, input, openScope, request.signal);
  });
  return Response.json({ result });
}
