import { auth } from './auth';
import { backlog } from './backlog';
import { campaign } from './campaign';
import { fairness } from './fairness';
import { fcm } from './fcm';
import { graphql } from './graphql';
import { memory } from './memory';
import { notifications } from './notifications';
import { pace } from './pace';
import { pause } from './pause';
import { planning } from './planning';
import { registration } from './registration';
import { upload } from './upload';
import { urgent } from './urgent';
import { workers } from './workers';

/** The benches; `npm run bench -- <name> [parameters]` prints one line of JSON. */
const benches: Readonly<Record<string, (...parameters: string[]) => Promise<object>>> = {
  auth,
  backlog,
  campaign,
  fairness,
  fcm,
  graphql,
  memory,
  notifications,
  pace,
  pause,
  planning,
  registration,
  upload,
  urgent,
  workers,
};

const [name = '', ...parameters] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  console.error(`npm run bench -- <${Object.keys(benches).join(' | ')}>`);
  process.exit(1);
}
void bench(...parameters).then(
  (result) => {
    console.log(JSON.stringify(result));
    process.exit(0);
  },
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
