import { STATUS_CODES } from 'node:http';
import { headersOf } from './failure';
import type { Renderer } from './renderer';

/** Renders failures by RFC 9457, for all routes that have no form of their own. The title is the status's. */
export const problems: Renderer = {
  edge: 'HTTP',
  owns: () => true,
  render: (failure) => {
    const { status, code, message: detail } = failure;
    const title = STATUS_CODES[status];
    return {
      status,
      headers: { 'content-type': 'application/problem+json', ...headersOf(failure) },
      body: { type: 'about:blank', title, status, detail, ...(code !== undefined && { code }) },
    };
  },
};
