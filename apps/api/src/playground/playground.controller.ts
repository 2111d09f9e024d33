import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Controller, Get, Headers, NotFoundException, Param, Res } from '@nestjs/common';
import { Allow } from '../access/allow';

/** Finds a file beside a package's package.json, past its `exports`, which are for programs. */
const beside = (manifest: string, file: string) => join(dirname(manifest), file);

/** The page's files by the names under which it asks for them. */
const files = new Map([
  ['react.js', beside(require.resolve('react/package.json'), 'umd/react.production.min.js')],
  [
    'react-dom.js',
    beside(require.resolve('react-dom/package.json'), 'umd/react-dom.production.min.js'),
  ],
  ['graphiql.js', beside(require.resolve('graphiql/package.json'), 'graphiql.min.js')],
  ['graphiql.css', beside(require.resolve('graphiql/package.json'), 'graphiql.min.css')],
  ['graphql-ws.js', beside(require.resolve('graphql-ws/package.json'), 'umd/graphql-ws.min.js')],
  ['examples.js', require.resolve('#playground/examples.js')],
  ['ids.js', require.resolve('#playground/ids.js')],
  ['key-files.js', require.resolve('#playground/key-files.js')],
  ['session.js', require.resolve('#playground/session.js')],
  ['transport.js', require.resolve('#playground/transport.js')],
  ['playground.js', require.resolve('#playground/playground.js')],
  ['playground.css', require.resolve('#playground/playground.css')],
]);

interface Asset {
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body?: Buffer): unknown;
}

/** Serves the playground's scripts and styles from our own origin: it works without the internet. */
@Controller('playground')
@Allow('anyone')
export class PlaygroundController {
  private readonly assets = new Map<string, Promise<Asset>>();

  @Get(':name')
  async asset(
    @Param('name') name: string,
    @Headers('if-none-match') known: string | undefined,
    @Headers('accept-encoding') encodings: string | undefined,
    @Res() reply: Reply,
  ): Promise<void> {
    const { etag, plain, gzipped } = await this.read(name);
    const type = name.endsWith('.css') ? 'text/css' : 'text/javascript';
    reply
      .header('content-type', `${type}; charset=utf-8`)
      .header('etag', etag)
      .header('cache-control', 'no-cache')
      .header('vary', 'accept-encoding');
    if (known === etag) reply.code(304).send();
    else if (/\bgzip\b/.test(encodings ?? ''))
      reply.header('content-encoding', 'gzip').send(gzipped);
    else reply.send(plain);
  }

  private read(name: string): Promise<Asset> {
    const path = files.get(name);
    if (path === undefined) throw new NotFoundException();
    const asset = this.assets.get(name) ?? load(path);
    this.assets.set(name, asset);
    return asset;
  }
}

async function load(path: string): Promise<Asset> {
  const plain = await readFile(path);
  const etag = `"${createHash('sha256').update(plain).digest('base64url')}"`;
  return { etag, plain, gzipped: await promisify(gzip)(plain) };
}
