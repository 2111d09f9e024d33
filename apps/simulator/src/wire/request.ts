import type { IncomingHttpHeaders } from 'node:http';

/** One request, complete, as both gateways and both HTTP versions give it. */
export interface GatewayRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as received; the only place where a repeated header still shows. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly bodyBytes: number;
  readonly connection: ClientConnection;
}

/** A sender of APNs: a team, and the key that it signs with. */
export interface Provider {
  readonly teamId: string;
  readonly keyId: string;
}

/** What the simulator remembers of one client connection. */
export interface ClientConnection {
  /** Requests received so far, the present one included. */
  requests: number;
  /** For APNs: the provider that the connection belongs to since its first accepted token. */
  provider?: Provider;
  /** For APNs: called once a valid token was seen; HTTP/1.1 connections have no streams to allow. */
  allowStreams(): void;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for APNs' 200. */
  readonly body: string;
  /** The reason that the summary counts; absent when the request was accepted. */
  readonly reason?: string;
  /** False for what is no push, such as FCM's token endpoint: the summary leaves it out. */
  readonly counted?: false;
}

/** The rules of one gateway. */
export interface GatewayRules {
  /** The device's token, as far as the request names one; fault scripts match it. */
  tokenOf(request: GatewayRequest): string | undefined;
  /** Answers without a promise where it can: one costs more than all the checks together. */
  answer(request: GatewayRequest): Answer | Promise<Answer>;
  /** Renders a scripted refusal as the gateway would. */
  refusal(fault: ScriptedRefusal, request: GatewayRequest): Answer;
}

export interface ScriptedRefusal {
  readonly status: number;
  /** An APNs reason or FCM error code. */
  readonly reason: string;
  readonly retryAfterSeconds?: number | undefined;
  /** For APNs 410, in epoch milliseconds. */
  readonly timestamp?: number | undefined;
  /** Whose quota FCM's QUOTA_EXCEEDED names. */
  readonly quota?: 'project' | 'device' | 'topic' | undefined;
}
