import http2 from 'node:http2';
import { deleteApp, initializeApp } from 'firebase-admin/app';
import { getMessaging } from 'firebase-admin/messaging';
import type { Sink } from '../kit/installation';

/** The most messages of one call. */
const batch = 500;
const { connect } = http2;

/**
 * Sends the same notification with firebase-admin, which opens a connection for each call, and stores nothing. It takes
 * no other host than Google's and no other certificates than public ones: only a change of node:http2 leads it to the sink.
 * @returns sends/s
 */
export async function firebaseAdminLoop(
  { url, ca }: Sink,
  tokens: readonly string[],
  notification: { readonly title: string; readonly body: string },
): Promise<number> {
  const app = initializeApp({
    projectId: 'bench',
    credential: {
      getAccessToken: () => Promise.resolve({ access_token: 'none', expires_in: 3_600 }),
    },
  });
  const redirected = (_: string | URL, options: http2.SecureClientSessionOptions) =>
    connect(url, { ...options, ca });
  Object.assign(http2, { connect: redirected });
  try {
    const messaging = getMessaging(app);
    const startedAt = performance.now();
    for (let next = 0; next < tokens.length; next += batch) {
      const messages = tokens
        .slice(next, next + batch)
        .map((token) => ({ token, android: { notification } }));
      const { responses } = await messaging.sendEach(messages);
      for (const { error } of responses) if (error !== undefined) throw new Error(error.message);
    }
    return (tokens.length * 1_000) / (performance.now() - startedAt);
  } finally {
    Object.assign(http2, { connect });
    await deleteApp(app);
  }
}
