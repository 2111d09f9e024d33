import { loadServiceConfig, runProcess } from '@app/core';
import { startApi } from '../../apps/api/src/start';

/** Runs the API in a process of its own, as apps/api/src/main.ts does; prints its URL as one line of JSON. */
void runProcess(async () => {
  const api = await startApi(loadServiceConfig());
  process.stdout.write(`${JSON.stringify({ url: api.url })}\n`);
  return api;
});
