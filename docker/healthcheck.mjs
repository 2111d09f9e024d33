// Whether this container's app answers. Which app it is, its process 1 says.
import { readFileSync } from 'node:fs';

const { HOST, PORT, SIMULATOR_CONTROL_PORT } = process.env;
// Who listens on all addresses answers on the loopback.
const everywhere = [undefined, '', '0.0.0.0', '::'].includes(HOST);
const host = everywhere ? '127.0.0.1' : HOST.includes(':') ? `[${HOST}]` : HOST;
const healthUrls = {
  api: `http://${host}:${PORT || 3000}/healthz`,
  simulator: `http://127.0.0.1:${SIMULATOR_CONTROL_PORT || 8445}/`,
};

const app = /dist\/apps\/(\w+)\//.exec(readFileSync('/proc/1/cmdline', 'utf8'))?.[1];
const url = healthUrls[app];
// The worker serves nothing: it is as well as its process, which Docker watches itself.
if (url !== undefined) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
}
