import { headersOf } from '../../http/failure';
import type { Renderer } from '../../http/renderer';
import { shown } from './format-error';

/** Renders, as GraphQL does, what Fastify refuses before Apollo is reached: bodies that it can't read, other methods. */
export const graphqlFailures: Renderer = {
  edge: 'GraphQL',
  owns: (path) => /^\/graphql\/?(\?|$)/.test(path),
  render: (failure) => {
    const { kind, status } = failure;
    // The path exists, so what Nest does not find there is the method.
    const isMethod = kind === 'malformed' && (status === 404 || status === 405);
    const errors = (error: typeof failure) => ({ errors: [shown(error)] });
    if (!isMethod) return { status, headers: headersOf(failure), body: errors(failure) };
    const message = 'GraphQL is spoken with POST';
    return { status: 405, headers: { allow: 'GET, POST' }, body: errors({ ...failure, message }) };
  },
};
