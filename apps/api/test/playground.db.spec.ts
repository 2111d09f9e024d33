import { ApiClient } from './api-client';

let api: ApiClient;

beforeAll(async () => {
  api = (await ApiClient.start()).as(undefined);
});
afterAll(() => api.close());

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('/', () => {
  it('leads to the playground', async () => {
    const response = await api.fetch('/', { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, 'graphql']);
  });
});

describe('the playground', () => {
  it('is what a browser gets, under a policy that lets nothing in from elsewhere', async () => {
    const response = await api.fetch('/graphql', { headers: html });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': expect.stringContaining('text/html') as string,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(await response.text()).not.toMatch(/<script(?![^>]* src="\/playground\/)|https?:/);
  });

  it('is not what a program gets', async () => {
    const response = await api.fetch('/graphql', { headers: { accept: 'application/json' } });
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(response.headers.get('content-security-policy')).toBeNull();
  });

  it('brings along whatever it asks for', async () => {
    const page = await (await api.fetch('/graphql', { headers: html })).text();
    const scripts = [...page.matchAll(/"(\/playground\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(scripts.length).toBeGreaterThan(5);
    for (const path of scripts) {
      const response = await api.fetch(path);
      expect(response.status).toBe(200);
      const type = path.endsWith('.css') ? 'text/css' : 'text/javascript';
      expect(response.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
      for (const [, module = ''] of (await response.text()).matchAll(
        /^import .* from '\.(.+)';/gm,
      )) {
        expect((await api.fetch(`/playground${module}`)).status).toBe(200);
      }
    }
  });

  it('sends a file once', async () => {
    const first = await api.fetch('/playground/graphiql.js');
    expect(first.headers.get('content-encoding')).toBe('gzip');
    await first.text();
    const etag = first.headers.get('etag') ?? '';
    const again = await api.fetch('/playground/graphiql.js', {
      headers: { 'if-none-match': etag },
    });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  });

  it('spells a file out for those who can’t inflate', async () => {
    const headers = { 'accept-encoding': 'identity' };
    const response = await api.fetch('/playground/playground.css', { headers });
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(await response.text()).toContain('.bar');
  });

  it.each(['/playground/other.js', '/playground/..%2fpackage.json', '/playground/__proto__'])(
    'has nothing at %s',
    async (path) => {
      expect((await api.fetch(path)).status).toBe(404);
    },
  );
});
