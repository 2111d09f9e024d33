import { auth } from './auth';
import { backlog } from './backlog';
import { campaign } from './campaign';
import { graphql } from './graphql';
import { notifications } from './notifications';
import { pace } from './pace';
import { registration } from './registration';
import { upload } from './upload';
import { urgent } from './urgent';

/** The benches; `npm run bench -- <name> [parameters]` prints one line of JSON. */
const benches: Readonly<Record<string, (...parameters: string[]) => Promise<object>>> = {
  auth,
  backlog,
  campaign,
  graphql,
  notifications,
  pace,
  registration,
  upload,
  urgent,
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
