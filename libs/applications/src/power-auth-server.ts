import { Config } from '@app/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { ApplicationDirectory, ListedApplication } from './application-directory';
import { PowerAuthUnavailableError } from './applications.errors';

const text = z.union([z.int(), z.string()]).transform(String);

/** 1.0 has `id`, a number, and `applicationName`; since 1.3 there is `applicationId` only, any text, which is the name. */
const applicationAnswer = z
  .object({
    id: text.nullish(),
    applicationId: text.nullish(),
    applicationName: z.string().nullish(),
  })
  .transform(({ id, applicationId, applicationName }, context) => {
    const found = id ?? applicationId;
    const name = applicationName ?? found;
    if (name != null) return { id: found, name };
    context.addIssue('wants an id or a name');
    return z.NEVER;
  });
const listAnswer = z.object({ applications: z.array(applicationAnswer) });

/**
 * A PowerAuth Server over its REST interface, version 3, with whose applications and activations we work. Connections
 * are kept alive. Whatever goes wrong is a PowerAuthUnavailableError without a word of what was sent or answered.
 */
@Injectable()
export class PowerAuthServer implements ApplicationDirectory {
  constructor(private readonly config: Config) {}

  async list(): Promise<ListedApplication[]> {
    const { applications } = await this.ask('application/list', {}, listAnswer);
    // Applications have numbers here. One whose id is other text can't be any of ours.
    return applications.flatMap(({ id, name }) =>
      /^[1-9]\d{0,9}$/.test(id ?? '') ? [{ id: Number(id), name }] : [],
    );
  }

  async nameOf(id: number): Promise<string> {
    const { name } = await this.ask('application/detail', { applicationId: id }, applicationAnswer);
    return name;
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
