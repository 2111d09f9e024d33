import { join } from 'node:path';
import { Forks } from '../src/process/forks';
import { runProcess } from '../src/process/process';

// `parent.ts <processes>`: the parent of so many of `child.ts`.
void runProcess(
  () =>
    new Forks({
      file: join(__dirname, 'child.ts'),
      count: Number(process.argv[2]),
      warn: (line) => {
        console.error(line);
      },
      pauseMs: 10,
      killAfterMs: 200,
    }),
);
