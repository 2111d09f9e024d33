import { apnsEnvironments, type CredentialChange } from '@app/push';
import { filled, positive, requestObject } from './reading/checks';
import { flag, integer, object, text } from './reading/read-body';
import { Refusal } from './reading/refusals';

const missing = 'Request object must not be empty';

const showApplication = object({ id: integer, includeIos: flag, includeAndroid: flag });
const createApplication = object({ appId: integer });
const namedApplication = object({ id: integer });
const configureIos = object({
  id: integer,
  bundle: text,
  keyId: text,
  teamId: text,
  environment: text,
  privateKeyBase64: text,
});
const configureAndroid = object({ id: integer, projectId: text, privateKeyBase64: text });

export function readShowApplication(body: unknown) {
  const { id, ...include } = requestObject(body, showApplication, 'Request must not be null.');
  return { id: positive(id, 'ID'), ...include };
}

export function readCreateApplication(body: unknown): number {
  const request = requestObject(body, createApplication, missing);
  return positive(request.appId, 'App ID');
}

export function readApplicationId(body: unknown): number {
  return positive(requestObject(body, namedApplication, missing).id, 'ID');
}

export function readConfigureIos(body: unknown): {
  id: number;
  credential: CredentialChange<'apns'>;
} {
  const request = requestObject(body, configureIos, missing);
  const id = positive(request.id, 'ID');
  const credential = {
    bundle: filled(request.bundle, 'Bundle must not be empty.'),
    keyId: filled(request.keyId, 'Key ID must not be empty.'),
    teamId: filled(request.teamId, 'Team ID must not be empty.'),
    privateKey: privateKeyOf(request.privateKeyBase64),
  };
  const { environment } = request;
  if (environment === null) return { id, credential };
  const wanted = apnsEnvironments.find((one) => one === environment.toLowerCase());
  if (wanted === undefined) throw new Refusal(unknownEnvironment);
  return { id, credential: { ...credential, environment: wanted } };
}

/** The text of the original, of release 1.2. */
const unknownEnvironment =
  'Environment must be either "null" (inherits settings from global server configuration), or one of "development" or "production" values.';

export function readConfigureAndroid(body: unknown) {
  const request = requestObject(body, configureAndroid, missing);
  return {
    id: positive(request.id, 'ID'),
    credential: {
      projectId: filled(request.projectId, 'Project ID must not be empty.'),
      serviceAccount: privateKeyOf(request.privateKeyBase64),
    },
  };
}

function privateKeyOf(value: string | null): string {
  // Whoever makes it with `base64` has line feeds in it.
  const base64 = filled(value, 'Private key must not be empty.').replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw new Refusal('Private key must be base64.');
  return Buffer.from(base64, 'base64').toString();
}
