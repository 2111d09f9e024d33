import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiClient } from './api-client';

/** A route as Fastify has it: under one verb, with its parameters as `:name`. */
export interface FastifyRoute {
  readonly method: string;
  readonly url: string;
}

/** A server as `startApi` makes it, with what only its own process can see. */
export interface ServerInside {
  readonly api: ApiClient;
  readonly app: NestFastifyApplication;
  /** The routes that it registered, all of them. */
  readonly routes: readonly FastifyRoute[];
}

/** @param environment changes the configuration */
export async function startInside(environment: NodeJS.ProcessEnv = {}): Promise<ServerInside> {
  const routes: FastifyRoute[] = [];
  let app: NestFastifyApplication | undefined;
  const create = NestFactory.create.bind(NestFactory) as (...args: unknown[]) => Promise<unknown>;
  const spy = jest.spyOn(NestFactory, 'create').mockImplementation((async (...args: unknown[]) => {
    const created = (await create(...args)) as NestFastifyApplication;
    const fastify = created.getHttpAdapter().getInstance();
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const verb of [method].flat()) routes.push({ method: verb, url });
    });
    app = created;
    return created;
  }) as never);
  try {
    const api = await ApiClient.start(environment);
    if (app === undefined) throw new Error('No server was made');
    return { api, app, routes };
  } finally {
    spy.mockRestore();
  }
}
