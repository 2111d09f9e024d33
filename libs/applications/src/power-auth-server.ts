import { Config } from '@app/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { ApplicationDirectory, ListedApplication } from './application-directory';
import { PowerAuthUnavailableError } from './applications.errors';

/** Later releases write ids as text. */
const applicationId = z.union([z.int(), z.string().regex(/^\d{1,10}$/)]).transform(Number);

const listAnswer = z.object({
  applications: z.array(z.object({ id: applicationId, applicationName: z.string() })),
});
const detailAnswer = z.object({ applicationName: z.string() });

/**
 * A PowerAuth Server over its REST interface, version 3, with whose applications and activations we work. Connections
 * are kept alive. Whatever goes wrong is a PowerAuthUnavailableError without a word of what was sent or answered.
 */
@Injectable()
export class PowerAuthServer implements ApplicationDirectory {
  constructor(private readonly config: Config) {}

  async list(): Promise<ListedApplication[]> {
    const { applications } = await this.ask('application/list', {}, listAnswer);
    return applications.map(({ id, applicationName: name }) => ({ id, name }));
  }

  async nameOf(id: number): Promise<string> {
    const answer = await this.ask('application/detail', { applicationId: id }, detailAnswer);
    return answer.applicationName;
  }

  /** @throws PowerAuthUnavailableError: refused, too slow, not 200, or not of that shape */
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

/** For the log. Parser messages quote what they parse, so they stay out. */
function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError || error instanceof SyntaxError) return 'not the expected answer';
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
