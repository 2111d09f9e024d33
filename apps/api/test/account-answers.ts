export const loginPath = '/auth/token';

/** The answers to a service account that logs in. */
export const refused = {
  status: 401,
  body: {
    error: 'INVALID_CREDENTIALS',
    message: 'The account or its credentials are not valid',
    statusCode: 401,
  },
};
export const malformed = { status: 400, body: { error: 'INVALID_REQUEST', statusCode: 400 } };
export const granted = { status: 200, body: { expires_in: 3600 } };
