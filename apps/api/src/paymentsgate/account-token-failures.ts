import type { Config } from '@app/core';
import { type Failure, headersOf } from '../http/failure';
import type { Renderer } from '../http/renderer';
import { isRefreshUrl, isTokenUrl } from './token-routes';

/** The members of PaymentsGate's error answers. */
interface Answer {
  readonly error: string;
  readonly message: string;
  readonly details?: { readonly field: string };
  readonly statusCode: number;
}

/** Renders failures for PaymentsGate's clients. */
export const accountTokenFailures = ({ emptyRefreshError }: Config): Renderer => ({
  edge: 'PaymentsGate',
  owns: isTokenUrl,
  render: (failure, { url }) => {
    const answer = answerOf(failure);
    const status = answer.statusCode;
    // With a body to a refresh that was refused the clients give up for good; without one they log in again (trap 10).
    const isEmpty = emptyRefreshError && status !== 400 && isRefreshUrl(url);
    return {
      status,
      headers: { 'cache-control': 'no-store', pragma: 'no-cache', ...headersOf(failure) },
      ...(!isEmpty && { body: answer }),
    };
  },
});

function answerOf({ kind, status, code, message, field }: Failure): Answer {
  // The clients know 400, 401, 403 and 429 only; what Fastify does not take is a bad request to them.
  if (kind === 'malformed') {
    return status === 404
      ? { error: 'NOT_FOUND', message, statusCode: 404 }
      : { error: 'INVALID_REQUEST', message, statusCode: 400 };
  }
  const details = field === undefined ? {} : { details: { field } };
  return { error: code ?? 'INTERNAL_ERROR', message, ...details, statusCode: status };
}
