import { loginPath } from '@app/auth';
import { refreshPath, revokePath } from '../paymentsgate/token-routes';
import type { OpenApiPart, Operation } from './document';
import { answer, count, inHeader, json, object, reference, text } from './json-schema';

const tag = 'Service accounts';

const tokens = (operation: Omit<Operation, 'tags' | 'security' | 'responses'>): Operation => ({
  ...operation,
  tags: [tag],
  security: [],
  responses: {
    200: answer('Tokens', json(reference('AccountTokens'))),
    400: answer('Malformed', json(reference('AccountError'))),
    401: answer('Refused', json(reference('AccountError'))),
    403: answer('Not from this address', json(reference('AccountError'))),
    429: answer('Too many failures', json(reference('AccountError'))),
  },
});

/** The routes of PaymentsGate's clients. */
export const accountRoutes: OpenApiPart = {
  tags: [
    { name: tag, description: 'Tokens for service accounts, as clients of PaymentsGate get them.' },
  ],
  paths: {
    [loginPath]: {
      post: tokens({
        operationId: 'accountLogin',
        summary: 'Log a service account in',
        parameters: [
          inHeader('X-Signature', '`t`, `n` and `s` of a request that the account signs'),
        ],
        requestBody: {
          required: true,
          content: json(
            object(
              { account_id: text() },
              {
                public_key: text(
                  'Base64 of the public key, where the account may log in by it alone',
                ),
                client_assertion: text('A JWT that the account has signed'),
              },
            ),
          ),
        },
      }),
    },
    [refreshPath]: {
      post: tokens({
        operationId: 'accountRefresh',
        summary: 'Get the next tokens',
        parameters: [],
        requestBody: { required: true, content: json(object({ refresh_token: text() })) },
      }),
    },
    [revokePath]: {
      post: {
        operationId: 'accountRevoke',
        tags: [tag],
        summary: 'End a refresh token and what came of it, or an access token',
        security: [],
        parameters: [],
        requestBody: {
          required: true,
          content: json(object({}, { refresh_token: text(), token: text() })),
        },
        responses: {
          200: answer('Ended, or none of ours', json({ type: 'object' })),
          400: answer('Malformed', json(reference('AccountError'))),
        },
      },
    },
  },
  schemas: {
    AccountTokens: object({ access_token: text(), refresh_token: text(), expires_in: count }),
    AccountError: object(
      { error: text('Stable: programs read it'), message: text(), statusCode: count },
      { details: object({ field: text() }) },
    ),
  },
};
