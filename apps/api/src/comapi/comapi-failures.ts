import { STATUS_CODES } from 'node:http';
import { type Failure, headersOf } from '../http/failure';
import type { Renderer } from '../http/renderer';
import { isComapiUrl } from './comapi-url';

/** Renders failures for Comapi's SDKs, which read only the status; the rest is for people who read along. */
export const comapiFailures: Renderer = {
  edge: 'Comapi',
  owns: isComapiUrl,
  render: (failure) => {
    const { status, message } = failure;
    return { status, headers: headersOf(failure), body: { code: codeOf(failure), message } };
  },
};

function codeOf({ kind, status, code }: Failure): string {
  if (kind === 'internal') return 'INTERNAL_ERROR';
  return code ?? (STATUS_CODES[status] ?? 'Refused').toUpperCase().replace(/\W+/g, '_');
}
