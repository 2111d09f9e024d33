import type { Answer, OpenApiPart, Operation } from './document';
import {
  answer,
  content,
  count,
  inHeader,
  inPath,
  json,
  list,
  object,
  reference,
  text,
} from './json-schema';

const anyone: Operation['security'] = [];
const scope = (name: string): Operation['security'] => [{ bearer: [name] }];

const problem = (description: string) =>
  answer(description, content('application/problem+json', reference('Problem')));

const idempotencyKey = inHeader(
  'Idempotency-Key',
  '1 to 255 printable ASCII characters. A request that comes again under its key gets the first answer.',
);

const graphqlAnswers: Readonly<Record<string, Answer>> = {
  200: answer('Carried out, or refused for a reason in `errors`', json(reference('GraphQLAnswer'))),
  400: answer('Not an operation of this schema', json(reference('GraphQLAnswer'))),
};

const uploadAnswers: Readonly<Record<string, Answer>> = {
  200: answer('Stored, but for the rows that are refused', {
    ...json(reference('UploadReport')),
    ...content('application/x-ndjson', text('What becomes of each row, a line of JSON each')),
  }),
  400: problem('The body ended early, stalled, or cannot be read'),
  401: problem('Without a token that is good'),
  403: problem('Not for this caller'),
  404: problem('There is no such thing'),
  409: problem('Not in this state'),
  415: problem('Of another type or encoding'),
  429: problem('Too many uploads are under way'),
  503: problem('The server stops'),
};

const rows = {
  'text/csv': { schema: text('UTF-8 with a line of column names') },
  'application/x-ndjson': { schema: text('A line of JSON a row') },
};

function upload(operationId: string, summary: string, wants: string, columns: string): Operation {
  return {
    operationId,
    tags: ['Uploads'],
    summary,
    description: `Columns: ${columns}. The body may be packed with gzip, and is stored while it comes. With \`Accept: application/x-ndjson\` the answer comes at the same time.`,
    security: scope(wants),
    parameters: [inPath('id', 'Its number', { type: 'integer', minimum: 1 })],
    requestBody: { required: true, content: rows },
    responses: uploadAnswers,
  };
}

const introspection = object(
  { active: { type: 'boolean' } },
  {
    token_type: text(),
    client_id: text(),
    scope: text(),
    iss: text(),
    aud: text(),
    sub: text(),
    jti: text(),
    exp: count,
    iat: count,
  },
);

const oauthError = (description: string) => answer(description, json(reference('OAuthError')));

const tokenForm = (
  parameters: Readonly<Record<string, string>>,
  required: readonly string[] = [],
) =>
  content('application/x-www-form-urlencoded', {
    ...object(
      {},
      Object.fromEntries(Object.entries(parameters).map(([name, of]) => [name, text(of)])),
    ),
    ...(required.length > 0 && { required }),
  });

/** Our own routes: GraphQL, uploads, OAuth 2.0, and what running the server asks for. */
export const carillonRoutes: OpenApiPart = {
  tags: [
    { name: 'GraphQL', description: 'Everything that Carillon can do.' },
    { name: 'Uploads', description: 'Lists without end, row by row.' },
    {
      name: 'OAuth 2.0',
      description: 'Access tokens for assertions: RFC 6749, 7523, 7009, 7662, 8414.',
    },
    { name: 'Operations', description: 'For load balancers, orchestrators and readers.' },
  ],
  paths: {
    '/graphql': {
      post: {
        operationId: 'graphql',
        tags: ['GraphQL'],
        summary: 'Carry out an operation',
        description:
          'A browser that opens this path gets the playground. Subscriptions come over a WebSocket at the same path (protocol `graphql-transport-ws`). Most fields want a token.',
        security: [{}, { bearer: [] }],
        parameters: [idempotencyKey],
        requestBody: { required: true, content: json(reference('GraphQLRequest')) },
        responses: graphqlAnswers,
      },
      get: {
        operationId: 'graphqlQuery',
        tags: ['GraphQL'],
        summary: 'Carry out a query',
        description:
          'With a header `apollo-require-preflight`, which no other site can have a browser send.',
        security: [{}, { bearer: [] }],
        parameters: [
          ...['query', 'operationName', 'variables', 'extensions'].map(
            (name) => ({ name, in: 'query', required: false, schema: text() }) as const,
          ),
          inHeader('apollo-require-preflight', 'Any text'),
        ],
        responses: graphqlAnswers,
      },
    },
    '/upload/campaigns/{id}/users': {
      post: upload(
        'uploadCampaignUsers',
        'Add users to the audience of a draft',
        'campaigns:write',
        '`userId`',
      ),
    },
    '/upload/applications/{id}/devices': {
      post: upload(
        'uploadDevices',
        'Register devices of an application',
        'devices:write',
        '`platform` (`ios` or `android`), `token`, and either `userId` or `activationId`',
      ),
    },
    '/api/oauth/token': {
      post: {
        operationId: 'exchangeAssertion',
        tags: ['OAuth 2.0'],
        summary: 'Exchange an assertion for an access token',
        description:
          'The assertion is in the Authorization header as a bearer, and the body may be empty; or it is a parameter, as RFC 7523 has it.',
        security: [{}, { bearer: [] }],
        parameters: [],
        requestBody: {
          required: false,
          content: tokenForm({
            grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
            assertion: 'A JWT that the client has signed',
            scope:
              'Some of what the client may do, with spaces between; all of it where it is left out',
          }),
        },
        responses: {
          200: answer('A token', json(reference('OAuthToken'))),
          400: oauthError('Refused; `error` says why'),
          401: oauthError('The assertion of the Authorization header is not good'),
          429: oauthError('Too many assertions that were not good'),
          503: oauthError('Not for the moment'),
        },
      },
    },
    '/api/oauth/introspect': {
      post: {
        operationId: 'introspectToken',
        tags: ['OAuth 2.0'],
        summary: 'Ask what an access token is good for',
        description: 'For whoever may read clients, and for whoever asks with the token itself.',
        security: [{ bearer: [] }],
        parameters: [],
        requestBody: { required: true, content: tokenForm({ token: 'The token' }, ['token']) },
        responses: {
          200: answer(
            'What it is good for; `active` is false of anything else',
            json(introspection),
          ),
          400: oauthError('Without `token`'),
          401: oauthError('Without a token that is good'),
          403: oauthError('Not for this caller'),
        },
      },
    },
    '/api/oauth/revoke': {
      post: {
        operationId: 'revokeToken',
        tags: ['OAuth 2.0'],
        summary: 'End a token',
        description: 'Whoever holds it may. Whether there was one is not said.',
        security: anyone,
        parameters: [],
        requestBody: { required: true, content: tokenForm({ token: 'The token' }, ['token']) },
        responses: { 200: answer('Ended'), 400: oauthError('Without `token`') },
      },
    },
    '/.well-known/oauth-authorization-server': {
      get: {
        operationId: 'authorizationServerMetadata',
        tags: ['OAuth 2.0'],
        summary: 'Where what is',
        security: anyone,
        parameters: [],
        responses: { 200: answer('RFC 8414', json({ type: 'object' })) },
      },
    },
    '/.well-known/jwks.json': {
      get: {
        operationId: 'signingKeys',
        tags: ['OAuth 2.0'],
        summary: 'The keys that verify our access tokens',
        security: anyone,
        parameters: [],
        responses: { 200: answer('RFC 7517', json(object({ keys: list({ type: 'object' }) }))) },
      },
    },
    '/': {
      get: {
        operationId: 'frontDoor',
        tags: ['Operations'],
        summary: 'Lead to the playground',
        security: anyone,
        parameters: [],
        responses: { 302: answer('To /graphql') },
      },
    },
    '/healthz': {
      get: {
        operationId: 'live',
        tags: ['Operations'],
        summary: 'Whether the process lives',
        security: anyone,
        parameters: [],
        responses: { 200: answer('It does', json(object({ status: { const: 'ok' } }))) },
      },
    },
    '/readyz': {
      get: {
        operationId: 'ready',
        tags: ['Operations'],
        summary: 'Whether it can serve',
        security: anyone,
        parameters: [],
        responses: {
          200: answer('It can', json(reference('Readiness'))),
          503: answer('Something that it needs is away', json(reference('Readiness'))),
        },
      },
    },
    '/openapi.json': {
      get: {
        operationId: 'openApi',
        tags: ['Operations'],
        summary: 'This document',
        security: anyone,
        parameters: [],
        responses: { 200: answer('OpenAPI 3.1', json({ type: 'object' })) },
      },
    },
    '/docs': {
      get: {
        operationId: 'docs',
        tags: ['Operations'],
        summary: 'This document for readers',
        security: anyone,
        parameters: [],
        responses: { 200: answer('A page', content('text/html', text())) },
      },
    },
  },
  schemas: {
    GraphQLRequest: object(
      { query: text('The operation') },
      {
        operationName: text('Which of several'),
        variables: { type: 'object' },
        extensions: { type: 'object' },
      },
    ),
    GraphQLAnswer: object(
      {},
      { data: { type: ['object', 'null'] }, errors: list(reference('GraphQLError')) },
    ),
    GraphQLError: object(
      { message: text() },
      {
        path: list({ type: ['string', 'integer'] }),
        extensions: object({ code: text('Stable: programs read it') }, { field: text() }),
      },
    ),
    Problem: object(
      { type: text(), title: text(), status: count, detail: text() },
      { code: text('Stable: programs read it') },
    ),
    UploadReport: object(
      {
        rows: count,
        refused: count,
        problems: list(reference('UploadProblem')),
        problemsTruncated: { type: 'boolean' },
      },
      { added: count, present: count, registered: count, renewed: count },
    ),
    UploadProblem: object({ line: count, code: text(), message: text() }, { field: text() }),
    OAuthToken: object({
      access_token: text(),
      token_type: { const: 'Bearer' },
      expires_in: count,
      scope: text(),
    }),
    OAuthError: object({
      error: text('RFC 6749 §5.2'),
      error_description: text(),
      success: { const: false },
      code: count,
      message: text(),
    }),
    Readiness: object(
      {
        status: { enum: ['ok', 'degraded', 'unavailable'] },
        database: { enum: ['ok', 'unavailable'] },
        queue: { enum: ['ok', 'unavailable'] },
        jobs: { enum: ['ok', 'failing', 'unknown'] },
      },
      { reason: text('Why it is degraded') },
    ),
  },
};
