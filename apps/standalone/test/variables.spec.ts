import { readFileSync } from 'node:fs';
import { secretVariables, variableNames } from '@app/core';
import { parse } from 'yaml';

const read = (path: string) => readFileSync(path, 'utf8');
const sorted = (names: Iterable<string>) => [...new Set(names)].sort();
const all = sorted(variableNames);

interface Compose {
  readonly services: Readonly<Record<string, { readonly environment?: Record<string, string> }>>;
}
const compose = parse(read('docker/compose.yml'), { merge: true }) as Compose;
const environmentOf = (service: string) => compose.services[service]?.environment ?? {};

/** Said by the image, which has one answer to each. */
const ofImage = ['DATA_DIR', 'NODE_ENV'];

/** Said by where the API's port is published. */
const ofPorts = ['HOST', 'PORT'];

/** Without the end that names a file. */
const itself = (name: string) =>
  secretVariables.find((secret) => name === `${secret}_FILE`) ?? name;

describe('a variable that is read', () => {
  it('is described in .env.example', () => {
    const given = [...read('.env.example').matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name);
    expect(sorted(given)).toEqual(all);
    expect(given).toHaveLength(all.length);
  });

  it('has a row in docs/configuration.md', () => {
    const rows = [...read('docs/configuration.md').matchAll(/^\| (`[^|]*)\|/gm)];
    const named = rows.flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name),
    );
    expect(sorted(named)).toEqual(all);
  });

  it('and may hold a secret is listed in docs/configuration.md as one that a file may hold', () => {
    const [, section = ''] = read('docs/configuration.md').split('## Secrets from files');
    const [text = ''] = section.split('\n## ');
    const named = [...text.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name);
    expect(named).toEqual(expect.arrayContaining([...secretVariables]));
  });

  it('reaches the containers of docker/compose.yml', () => {
    const given = ['migrate', 'api', 'worker', 'simulator'].flatMap((service) =>
      Object.keys(environmentOf(service)).map(itself),
    );
    expect(sorted([...given, ...ofImage, ...ofPorts])).toEqual(all);
  });

  it('reaches them under its own name', () => {
    const renamed = ['api', 'worker', 'simulator'].flatMap((service) =>
      Object.entries(environmentOf(service)).filter(([name, value]) => {
        const [, from] = /^\$\{([A-Z_]+)[:}]/.exec(value) ?? [];
        return from !== undefined && from !== name;
      }),
    );
    expect(renamed).toEqual([]);
  });

  it('of how long the workers keep something reaches them', () => {
    expect(environmentOf('worker')).toHaveProperty('AUDIT_RETENTION_DAYS');
  });

  it('of another process is not kept from the simulator’s users', () => {
    const overrides = read('docker/simulator.env');
    const names = [...overrides.matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name);
    const worker = Object.keys(environmentOf('worker'));
    expect(names.filter((name) => name !== 'COMPOSE_PROFILES' && !worker.includes(name))).toEqual(
      [],
    );
  });
});

describe('the image', () => {
  const dockerfile = read('docker/Dockerfile');

  it('listens on all addresses, for the loopback of a container is its own', () => {
    expect(dockerfile).toMatch(/^ENV .*\bHOST=0\.0\.0\.0\b/m);
    expect(environmentOf('api')).not.toHaveProperty('HOST');
  });

  it('is of a Node that the packages want', () => {
    const [, major] = /^FROM node:(\d+)-/m.exec(dockerfile) ?? [];
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    expect(engines.node).toMatch(new RegExp(`(^|[^\\d])${major}\\.`));
  });

  it('starts what there is, by the names that the documentation gives', () => {
    const entrypoint = read('docker/entrypoint.sh');
    for (const name of [
      'api',
      'worker',
      'simulator',
      'migrate',
      'import',
      'operator',
      'secrets',
      'gateways',
    ]) {
      expect(entrypoint).toMatch(new RegExp(`^ {2}(.* \\| )?${name}( \\| .*)?\\)`, 'm'));
    }
  });
});
