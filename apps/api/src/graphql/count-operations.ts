import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Authenticator } from '../access/authenticator';
import { CallerAllowances } from '../access/caller-allowances';
import { graphqlFailures } from './policy/graphql-failures';

/** Counts requests for operations before they are read: Apollo would take what is thrown later for a fault of its own. */
export function countOperations(app: NestFastifyApplication): void {
  const authenticator = app.get(Authenticator, { strict: false });
  const allowances = app.get(CallerAllowances, { strict: false });
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', async (request, reply) => {
      if (!graphqlFailures.owns(request.url)) return;
      const { actor } = await authenticator.callerOf(request);
      await allowances.count(actor, reply);
    });
}
