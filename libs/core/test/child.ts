import { ConfigError } from '../src/config/config';
import { runFork } from '../src/process/forks';

// Does nothing, as the variable CHILD wants it.
const wanted = process.env.CHILD ?? '';

const say = (what: string) => {
  console.log(`${process.argv[2] ?? ''} ${process.pid} ${what}`);
};

void runFork((number) => {
  say('starts');
  if (wanted === 'refuses' || wanted === `${number} refuses`)
    throw new ConfigError(['PORT: wants a port']);
  if (wanted === 'is killed') process.kill(process.pid, 'SIGKILL');
  setInterval(() => undefined, 1_000);
  return Promise.resolve({
    close: async () => {
      if (wanted === 'hangs') await new Promise(() => undefined);
      say('ends');
    },
  });
}).then(() => {
  say('works');
});
