import { Config } from '@app/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** How long a browser remembers to come by https only, in seconds: a year (RFC 6797 §6.1.1). */
const httpsForSeconds = 31_536_000;

/** What a browser is told of a page besides: nobody frames it, and no other site learns its address. */
const ofPages = {
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
};

const noFrames = "frame-ancestors 'none'";

/** Returns the headers of every answer, also of one that is written as bytes. */
export const protectionOf = ({ publicUrl }: Config): Readonly<Record<string, string>> => ({
  'x-content-type-options': 'nosniff',
  ...(publicUrl.startsWith('https:') && {
    'strict-transport-security': `max-age=${httpsForSeconds}`,
  }),
});

/**
 * Adds to every answer what keeps browsers from harm: nothing is taken for another type than it says, pages are in no
 * frame, and where callers reach us by https they come back by nothing else.
 */
export function protectAnswers(app: NestFastifyApplication): void {
  const ofAll = protectionOf(app.get(Config, { strict: false }));
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    void reply.headers(ofAll);
    if (String(reply.getHeader('content-type')).startsWith('text/html')) {
      const policy = String(reply.getHeader('content-security-policy') ?? '');
      const rules = policy.includes('frame-ancestors') ? policy : joined(policy, noFrames);
      void reply.headers({ ...ofPages, 'content-security-policy': rules });
    }
    done();
  });
}

const joined = (policy: string, rule: string) => (policy === '' ? rule : `${policy}; ${rule}`);
