import { STATUS_CODES } from 'node:http';
import type { Clock, Config } from '@app/core';
import { type Failure, type FailureKind, headersOf } from '../../http/failure';
import type { Renderer } from '../../http/renderer';
import { failureBytes, jsonBytes } from './envelope';
import { isPowerAuthPath } from './powerauth-path';

/** The statuses of kinds: the legacy server says 400 to all that is unknown, taken or out of reach, and has no permissions. */
const statusOfKind: Readonly<Record<FailureKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 400,
  conflict: 400,
  precondition: 400,
  unprocessable: 422,
  rate_limited: 429,
  unavailable: 400,
  malformed: 400,
  internal: 500,
};

/** The statuses for what the legacy server's database refused, and for what it does not know: keys, a database that is away or slow. */
const statusOfCode: Readonly<Record<string, number>> = {
  ERROR_DATA_INTEGRITY: 409,
  IDEMPOTENCY_KEY_IN_USE: 409,
  IDEMPOTENT_ANSWER_NOT_KEPT: 409,
  DATABASE_UNAVAILABLE: 503,
  STATEMENT_TIMEOUT: 503,
};

/** The wording of the contract's page. */
const unauthorized = 'Unauthorized, invalid security token configuration';

/** Renders failures as the PowerAuth Push Server does. */
export function powerAuthFailures(config: Config, clock: Clock): Renderer {
  return {
    edge: 'PowerAuth',
    owns: (path) => isPowerAuthPath(path, config),
    render: (failure, { url }) => {
      const { kind, status } = failure;
      const isUnknown = kind === 'malformed' && (status === 404 || status === 405);
      const said = isUnknown
        ? { status, body: springError(status, url, clock.now()) }
        : { status: statusOf(failure), body: envelopeOf(failure) };
      const headers = { 'content-type': 'application/json', ...headersOf(failure) };
      return { ...said, headers };
    },
  };
}

const statusOf = ({ kind, code = '' }: Failure) => statusOfCode[code] ?? statusOfKind[kind];

function envelopeOf({ kind, code, message }: Failure): Buffer {
  const told = code === 'ERROR_DATA_INTEGRITY' ? code : 'ERROR_GENERIC';
  return failureBytes(told, kind === 'unauthenticated' ? unauthorized : message);
}

/** Answers as Spring does where no controller is reached. */
function springError(status: number, url: string, timestamp: Date): Buffer {
  const [path] = url.split('?');
  return jsonBytes({ timestamp, status, error: STATUS_CODES[status], message: '', path });
}
