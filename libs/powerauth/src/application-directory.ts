import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { PowerAuthServer } from './power-auth-server';

export interface ListedApplication {
  readonly id: number;
  readonly name: string;
}

const text = z.union([z.int(), z.string()]).transform(String);

/** The answer of 1.0 has `id`, a number, and `applicationName`; since 1.3 there is only `applicationId`, any text, the name. */
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

/** Lists the applications that the PowerAuth Server behind us knows, whether or not they are set up here; none without one. */
@Injectable()
export class ApplicationDirectory {
  constructor(private readonly server: PowerAuthServer) {}

  /** @throws PowerAuthUnavailableError */
  async list(): Promise<ListedApplication[]> {
    if (!this.server.isConfigured) return [];
    const { applications } = await this.server.ask('application/list', {}, listAnswer);
    // Applications have numbers here. One whose id is other text can't be any of ours.
    return applications.flatMap(({ id, name }) =>
      /^[1-9]\d{0,9}$/.test(id ?? '') ? [{ id: Number(id), name }] : [],
    );
  }

  /** @returns undefined where there is no server. @throws PowerAuthUnavailableError, also for an unknown id */
  async nameOf(id: number): Promise<string | undefined> {
    if (!this.server.isConfigured) return undefined;
    const { name } = await this.server.ask(
      'application/detail',
      { applicationId: id },
      applicationAnswer,
    );
    return name;
  }
}
