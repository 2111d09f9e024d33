import { startEmbeddedPostgres } from '../src/embedded-postgres';

/** Run as a process of its own: starts a server in the folder it is told, prints the url and stays. */
const [dataDir = '', uid] = process.argv.slice(2);
if (uid !== undefined) {
  process.setgroups?.([]);
  process.setgid?.(Number(uid));
  process.setuid?.(Number(uid));
}
startEmbeddedPostgres({ dataDir }).then(
  ({ url }) => {
    process.stdout.write(url + '\n');
    setInterval(() => undefined, 60_000);
  },
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
