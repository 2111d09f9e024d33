import { randomUUID } from 'node:crypto';
import type { Clock } from '@app/core';
import type { DeviceFacts } from '../devices/device-facts';
import type { Ledger } from '../devices/ledger';
import type { Answer, GatewayRequest, GatewayRules, ScriptedRefusal } from '../wire/request';
import { type FcmMessage, messageViolations } from './fcm-checks';
import { deliverFcm } from './fcm-delivery';
import { errorInfo, fcmRefusal, googleError, invalidMessage } from './fcm-errors';
import { schemaViolations } from './fcm-message';
import type { FcmQuotas } from './fcm-quotas';
import type { AccessFault, FcmTokens } from './fcm-tokens';

const sendPath = /^\/v1\/projects\/([^/]+)\/messages:send$/;
/** Google's own path, the one in older service-account files, and ours. */
const tokenPaths = new Set(['/token', '/oauth2/v4/token', '/o/oauth2/token']);
const tokenPattern = /^[\w:.-]{1,4096}$/;

interface SendRequest {
  readonly message?: FcmMessage;
  readonly validate_only?: boolean;
  readonly validateOnly?: boolean;
}

/** Answers at the token endpoint and at `messages:send` of the HTTP v1 API. */
export class FcmRules implements GatewayRules {
  constructor(
    private readonly tokens: FcmTokens,
    private readonly quotas: FcmQuotas,
    private readonly devices: DeviceFacts,
    private readonly ledger: Ledger,
    private readonly clock: Clock,
  ) {}

  tokenOf(request: GatewayRequest): string | undefined {
    const body = parse(request.body) as SendRequest | undefined;
    const token = body?.message?.token ?? body?.message?.fid;
    return typeof token === 'string' ? token : undefined;
  }

  answer(request: GatewayRequest): Answer | Promise<Answer> {
    if (tokenPaths.has(request.path)) {
      return request.method === 'POST' ? this.tokens.grant(request.body) : notFound(request.path);
    }
    const project = sendPath.exec(request.path)?.[1];
    if (project === undefined || request.method !== 'POST') return notFound(request.path);
    const accessFault = this.tokens.fault(request.headers.authorization, project);
    if (accessFault !== undefined) return accessRefusal(accessFault);

    const nowMs = this.clock.now().getTime();
    // Messages that are refused later count too; only 429 itself is free.
    const overQuota = this.quotas.takeProject(project, nowMs);
    if (overQuota !== undefined) return fcmRefusal(overQuota);

    const body = parse(request.body);
    if (body === undefined) return invalidJson();
    const shape = schemaViolations(body);
    if (shape.length > 0) return invalidMessage(shape);
    const { message = {}, ...rest } = body as SendRequest;
    const violations = messageViolations(message, request.bodyBytes);
    if (violations.length > 0) return invalidMessage(violations, 'fcm');

    const validateOnly = rest.validate_only ?? rest.validateOnly ?? false;
    const token = message.token ?? message.fid;
    const refused = token === undefined ? undefined : this.#deviceRefusal(project, token);
    if (refused !== undefined) return fcmRefusal(refused);
    if (validateOnly) return accepted(project, 'fake_message_id');
    if (token !== undefined) {
      const collapsible =
        message.notification !== undefined || message.android?.collapse_key !== undefined;
      const tooOften = this.quotas.takeDevice(token, collapsible, nowMs);
      if (tooOften !== undefined) return fcmRefusal(tooOften);
      deliverFcm(this.ledger, token, message, request, nowMs);
    }
    return accepted(project, messageId(nowMs));
  }

  refusal(fault: ScriptedRefusal): Answer {
    return fcmRefusal(fault);
  }

  #deviceRefusal(project: string, token: string): ScriptedRefusal | undefined {
    if (!tokenPattern.test(token)) return { status: 400, reason: 'INVALID_ARGUMENT' };
    const facts = this.devices.of('fcm', token);
    if (facts?.unregisteredAt !== undefined) return { status: 404, reason: 'UNREGISTERED' };
    if (facts?.owner !== undefined && facts.owner !== project) {
      return { status: 403, reason: 'SENDER_ID_MISMATCH' };
    }
    return undefined;
  }
}

/** Makes an id that looks like Google's; UUIDs are drawn in numbers, where 8 random bytes cost as much as all checks. */
function messageId(nowMs: number): string {
  const uuid = randomUUID();
  return `0:${nowMs}%${uuid.slice(0, 8)}${uuid.slice(-8)}`;
}

function accepted(project: string, id: string): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: `{"name":"projects/${project}/messages/${id}"}`,
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function notFound(path: string): Answer {
  return googleError(404, `There is nothing at ${path}`, [], 'NOT_FOUND');
}

function invalidJson(): Answer {
  const description = 'Invalid JSON payload received.';
  return invalidMessage([{ field: '', description }]);
}

const unauthenticated =
  'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.';

function accessRefusal(fault: AccessFault): Answer {
  switch (fault) {
    case 'missing':
      return googleError(
        401,
        'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
        [errorInfo('CREDENTIALS_MISSING')],
        'UNAUTHENTICATED',
      );
    case 'unknown':
      return googleError(
        401,
        unauthenticated,
        [errorInfo('ACCESS_TOKEN_TYPE_UNSUPPORTED')],
        'UNAUTHENTICATED',
      );
    case 'expired':
      return googleError(
        401,
        unauthenticated,
        [errorInfo('ACCESS_TOKEN_EXPIRED')],
        'UNAUTHENTICATED',
      );
    case 'scope':
      return googleError(
        403,
        'Request had insufficient authentication scopes.',
        [errorInfo('ACCESS_TOKEN_SCOPE_INSUFFICIENT')],
        'PERMISSION_DENIED',
      );
    case 'project':
      return googleError(
        403,
        "Permission 'cloudmessaging.messages.create' denied on resource '//cloudresourcemanager.googleapis.com/projects' (or it may not exist).",
        [errorInfo('IAM_PERMISSION_DENIED')],
        'PERMISSION_DENIED',
      );
  }
}
