import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { graphqlFailures } from './graphql-failures';

/** The most bytes of an answer: ten thousand objects with all that they have are fewer. */
const mostBytes = 4 * 1024 * 1024;

const tooLarge = JSON.stringify({
  data: null,
  errors: [
    {
      message: `The answer may have ${mostBytes} bytes, and has more; ask for smaller pages, or less of each. A mutation has been carried out`,
      extensions: { code: 'RESPONSE_TOO_LARGE' },
    },
  ],
});

/**
 * Sends no answer of GraphQL that is larger than anyone needs: what a text costs is not known before it is read. The
 * status is that of an operation that has been carried out.
 */
export function boundAnswers(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    const isLarge =
      typeof payload === 'string' &&
      payload.length > mostBytes / 3 && // a character has 3 bytes at most, per unit of UTF-16
      graphqlFailures.owns(request.url) &&
      Buffer.byteLength(payload) > mostBytes;
    done(null, isLarge ? tooLarge : payload);
  });
}
