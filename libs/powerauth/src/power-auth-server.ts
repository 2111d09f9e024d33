import { Config } from '@app/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { PowerAuthUnavailableError } from './powerauth.errors';

/**
 * Calls a PowerAuth Server over its REST interface, version 3, for its applications and activations. Connections are
 * kept alive. Whatever goes wrong is a PowerAuthUnavailableError without a word of what was sent or answered.
 */
@Injectable()
export class PowerAuthServer {
  constructor(private readonly config: Config) {}

  /** Whether there is a server behind us. */
  get isConfigured(): boolean {
    return this.config.powerAuthUrl !== undefined;
  }

  /** @throws PowerAuthUnavailableError when the request is refused or too slow, or the answer not 200 or not of that shape */
  async ask<Answer>(
    path: string,
    requestObject: object,
    shape: z.ZodType<Answer>,
  ): Promise<Answer> {
    const { powerAuthUrl, powerAuthTimeoutMs } = this.config;
    try {
      const response = await fetch(`${powerAuthUrl ?? ''}/v3/${path}`, {
        method: 'POST',
        headers: this.headers(),
        body: JSON.stringify({ requestObject }),
        redirect: 'error',
        signal: AbortSignal.timeout(powerAuthTimeoutMs),
      });
      const body: unknown = await response.json();
      if (!response.ok) throw new Error(`status ${response.status}`);
      return z.object({ status: z.literal('OK'), responseObject: shape }).parse(body)
        .responseObject;
    } catch (error) {
      throw new PowerAuthUnavailableError(path, reasonOf(error));
    }
  }

  private headers(): Record<string, string> {
    const { powerAuthClientToken, powerAuthClientSecret } = this.config;
    const json = { 'content-type': 'application/json', accept: 'application/json' };
    if (powerAuthClientToken === undefined) return json;
    const credentials = Buffer.from(`${powerAuthClientToken}:${powerAuthClientSecret ?? ''}`);
    return { ...json, authorization: `Basic ${credentials.toString('base64')}` };
  }
}

/** Says for the log what went wrong. Parser messages quote what they parse, so they stay out. */
function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError || error instanceof SyntaxError) return 'not the expected answer';
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
