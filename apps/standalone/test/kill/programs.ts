import { existsSync, readdirSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Program } from './server';

const root = join(__dirname, '../../../..');
const apps = ['api', 'worker', 'simulator'] as const;
type App = (typeof apps)[number];

const mainOf = (app: App) => join(root, `dist/apps/${app}/apps/${app}/src/main.js`);

/** An app as operators run it: what `npm run build` made of it. */
export function programOf(
  app: App,
  name: string,
  log: string,
  environment: NodeJS.ProcessEnv,
  clockOffsetMinutes = 0,
): Program {
  const wrongClock = ['--import', pathToFileURL(join(__dirname, 'shift-clock.mjs')).href];
  return {
    name,
    log,
    file: process.execPath,
    args: [...(clockOffsetMinutes === 0 ? [] : wrongClock), mainOf(app)],
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      CLOCK_OFFSET_MINUTES: String(clockOffsetMinutes),
      ...environment,
    },
  };
}

/** Builds the apps unless what was built of each is as new as its source. */
export function buildIfStale(): void {
  if (apps.every(isFresh)) return;
  const { status } = spawnSync('npm', ['run', 'build'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('npm run build failed');
}

function isFresh(app: App): boolean {
  if (!existsSync(mainOf(app))) return false;
  const folder = join(root, 'dist/apps', app);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .every((file) => {
      const source = join(root, file.replace(/\.js$/, '.ts'));
      return existsSync(source) && modifiedAt(source) <= modifiedAt(join(folder, file));
    });
}

const modifiedAt = (file: string) => statSync(file).mtimeMs;
