import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SwaggerParser from '@apidevtools/swagger-parser';
import { generateApi } from 'swagger-typescript-api';
import ts from 'typescript';
import type { OpenApi } from '../src/openapi/document';
import type { ApiClient } from './api-client';
import { type FastifyRoute, startInside } from './server-inside';

let api: ApiClient;
let routes: readonly FastifyRoute[];
let document: OpenApi;
beforeAll(async () => {
  ({ api, routes } = await startInside());
  document = (await (await api.fetch('/openapi.json')).json()) as OpenApi;
});
afterAll(() => api.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({ path, verb, operation })),
  );

describe('openapi.json', () => {
  it('has every route of the server, ours first, and no other', () => {
    const isPowerAuths = (path: string) => /^\/(push|admin)\//.test(path);
    const served = routes
      .filter(({ method, url }) => method !== 'HEAD' && method !== 'OPTIONS' && !url.includes('*'))
      .map(({ method, url }) => ({ method, path: url.replace(/:(\w+)/g, '{$1}') }))
      .filter(({ path }) => path !== '/playground/{name}' && path !== '/graphql/')
      // PowerAuth's answer every verb in their own words; which do what is in a table of their own.
      .map(({ method, path }) => (isPowerAuths(path) ? path : `${method} ${path}`));
    const told = operations().map(({ verb, path }) =>
      isPowerAuths(path) ? path : `${verb.toUpperCase()} ${path}`,
    );
    expect([...new Set(told)].sort()).toEqual([...new Set(served)].sort());
    expect(Object.keys(document.paths)[0]).toBe('/graphql');
  });

  it('names every operation once, in one word', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(ids.filter((id) => !/^[a-z][A-Za-z]+$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has a tag for every operation, and an operation for every tag', () => {
    const used = new Set(operations().flatMap(({ operation }) => operation.tags));
    expect([...used].sort()).toEqual(document.tags.map(({ name }) => name).sort());
  });

  it('is valid for swagger-parser, references included', async () => {
    await SwaggerParser.validate(structuredClone(document) as never);
  });

  it('becomes a client that compiles, with a function for every operation', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'carillon-openapi-'));
    try {
      await generateApi({
        spec: structuredClone(document),
        output: folder,
        fileName: 'client.ts',
        silent: true,
        singleHttpClient: true,
      });
      const file = join(folder, 'client.ts');
      const program = ts.createProgram([file], {
        noEmit: true,
        skipLibCheck: true,
        skipDefaultLibCheck: true,
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
        types: [],
      });
      const problems = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText);
      expect(problems).toEqual([]);
      const client = await readFile(file, 'utf8');
      const missing = operations().filter(
        ({ operation }) => !client.includes(`@name ${nameOf(operation.operationId)}\n`),
      );
      expect(missing.map(({ operation }) => operation.operationId)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  /** As the generator writes it. */
  const nameOf = (id: string) => `${id.charAt(0).toUpperCase()}${id.slice(1)}`;
});

describe('/docs', () => {
  it('can be read without a script and without a network', async () => {
    const response = await api.fetch('/docs');
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await response.text();
    for (const { path } of operations()) expect(text).toContain(path);
    expect(text).not.toMatch(/<script|<link|src=|https?:\/\/(?!json-schema)/);
  });

  it('has an anchor for every schema that it refers to', async () => {
    const text = await (await api.fetch('/docs')).text();
    const anchors = [...text.matchAll(/href="#(\w+)"/g)].map(([, id]) => id);
    expect(anchors.length).toBeGreaterThan(20);
    for (const id of new Set(anchors)) expect(text).toContain(`id="${id ?? ''}"`);
  });
});
