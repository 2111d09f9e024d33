import type { Answer, OpenApiPart, Operation, Parameter } from './document';
import { answer, dateTime, inHeader, inPath, json, object, reference, text } from './json-schema';

const tag = 'Push sessions';

const apiSpaceId = inPath('apiSpaceId', 'The API space of the push profile');
const sessionId = inPath('sessionId', 'The session');
const profileId = inPath('profileId', 'The user');
const ifMatch = inHeader('If-Match', 'The `ETag` of the profile that is to be changed');

const refusal = (description: string) => answer(description, json(reference('SessionError')));

const session = (
  operation: Omit<Operation, 'tags' | 'security' | 'responses'>,
  responses: Readonly<Record<string, Answer>>,
): Operation => ({
  ...operation,
  tags: [tag],
  security: [{ pushSession: [] }],
  responses: {
    ...responses,
    401: refusal('Without the token of a session'),
    404: refusal('There is no such thing'),
  },
});

const start = (
  operation: Omit<Operation, 'tags' | 'security' | 'responses' | 'parameters'>,
  done: Answer,
): Operation => ({
  ...operation,
  tags: [tag],
  security: [],
  parameters: [apiSpaceId],
  responses: {
    200: done,
    400: refusal('Malformed'),
    401: refusal('The answer to the challenge is not good'),
    404: refusal('There is no such API space'),
    429: refusal('Too many attempts'),
  },
});

const change = (
  operationId: string,
  summary: string,
  parameters: readonly Parameter[],
): Operation =>
  session(
    {
      operationId,
      summary,
      parameters,
      requestBody: { required: true, content: json({ type: 'object' }) },
    },
    {
      200: answer('The profile, with its `ETag`', json(reference('Profile'))),
      400: refusal('No profile'),
      412: refusal('It was changed since'),
    },
  );

/** The routes of Comapi's SDKs, which are Dotdigital's. */
export const comapiRoutes: OpenApiPart = {
  tags: [
    { name: tag, description: 'Sessions, push tokens and profiles of apps with a Comapi SDK.' },
  ],
  paths: {
    '/apispaces/{apiSpaceId}/sessions/start': {
      get: start(
        { operationId: 'startSession', summary: 'Ask for a challenge' },
        answer('A nonce that the app’s own server is to sign', json(reference('Challenge'))),
      ),
    },
    '/apispaces/{apiSpaceId}/sessions': {
      post: start(
        {
          operationId: 'openSession',
          summary: 'Open a session with the signed challenge',
          requestBody: { required: true, content: json(reference('SessionRequest')) },
        },
        answer(
          'A session and its token',
          json(object({ token: text(), session: reference('Session') })),
        ),
      ),
    },
    '/apispaces/{apiSpaceId}/sessions/{sessionId}': {
      get: session(
        {
          operationId: 'getSession',
          summary: 'Show the session',
          parameters: [apiSpaceId, sessionId],
        },
        { 200: answer('The session', json(reference('Session'))) },
      ),
      delete: session(
        {
          operationId: 'endSession',
          summary: 'End the session',
          parameters: [apiSpaceId, sessionId],
        },
        { 204: answer('Ended') },
      ),
    },
    '/apispaces/{apiSpaceId}/sessions/{sessionId}/push': {
      put: session(
        {
          operationId: 'registerPush',
          summary: 'Register the push token of the device',
          parameters: [apiSpaceId, sessionId],
          requestBody: { required: true, content: json(reference('PushDetails')) },
        },
        { 200: answer('Registered', json({ type: 'object' })), 400: refusal('No push token') },
      ),
      delete: session(
        {
          operationId: 'removePush',
          summary: 'Remove the push token of the device',
          parameters: [apiSpaceId, sessionId],
        },
        { 204: answer('Removed') },
      ),
    },
    '/apispaces/{apiSpaceId}/profiles/{profileId}': {
      get: session(
        {
          operationId: 'getProfile',
          summary: 'Show the user’s profile',
          parameters: [apiSpaceId, profileId],
        },
        { 200: answer('The profile, with its `ETag`', json(reference('Profile'))) },
      ),
      put: change('putProfile', 'Replace the user’s profile', [apiSpaceId, profileId, ifMatch]),
      patch: change('patchProfile', 'Change members of the user’s profile', [
        apiSpaceId,
        profileId,
        ifMatch,
      ]),
    },
  },
  schemas: {
    Challenge: object({
      authenticationId: text(),
      provider: { const: 'jsonWebToken' },
      nonce: text(),
      expiresOn: dateTime,
    }),
    SessionRequest: object(
      { authenticationId: text(), authenticationToken: text('The nonce, signed as a JWT') },
      {
        deviceId: { type: ['string', 'null'] },
        platform: { type: ['string', 'null'] },
        platformVersion: { type: ['string', 'null'] },
        sdkType: { type: ['string', 'null'] },
        sdkVersion: { type: ['string', 'null'] },
        push: { anyOf: [reference('PushDetails'), { type: 'null' }] },
      },
    ),
    PushDetails: object(
      {},
      {
        apns: object({
          bundleId: text(),
          environment: { enum: ['development', 'production'] },
          token: text(),
        }),
        fcm: object({ package: text(), registrationId: text() }),
      },
    ),
    Session: object(
      { id: text(), profileId: text(), isActive: { type: 'boolean' } },
      {
        deviceId: { type: ['string', 'null'] },
        platform: { type: ['string', 'null'] },
        platformVersion: { type: ['string', 'null'] },
        sdkType: { type: ['string', 'null'] },
        sdkVersion: { type: ['string', 'null'] },
        sourceIp: { type: ['string', 'null'] },
        createdOn: dateTime,
        expiresOn: dateTime,
      },
    ),
    Profile: object({ id: text(), _createdOn: dateTime, _updatedOn: dateTime }),
    SessionError: object({ code: text('Stable: programs read it'), message: text() }),
  },
};
